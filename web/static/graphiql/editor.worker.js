/* Licences: LICENSES.txt */
import{b as a}from"./worker-LRG5J7KZ.js";import"./worker-Z7I2NQSA.js";export{a as initialize};
