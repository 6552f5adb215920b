"""Which keys type a character.

A Korean keyboard has one Latin letter for each part of a syllable, so "테스트" is typed "XPTMXM", in capitals here to
be told from Latin words, which are in small letters. Written like this, all scripts that are typed letter by letter are
compared in one way: a syllable that is not finished yet is the beginning of one that is, a slip of the finger is one
letter, and what was typed in the wrong keyboard mode is the same letters in the other case.
"""

import unicodedata
from functools import lru_cache

# A character may stand for a whole sentence (U+FDFA); this much of it is kept.
_LONGEST_PIECE = 8


def _keys(listed: str) -> list[str]:
    return listed.upper().split()


_SYLLABLES = range(0xAC00, 0xD7A4)
_INITIALS = _keys("r rr s e ee f a q qq t tt d w ww c z x v g")
_VOWELS = _keys("k o i oo j p u pp h hk ho hl y n nj np nl b m ml l")
_FINALS = ["", *_keys("r rr rt s sw sg e f fr fa fq ft fx fv fg a q qt t tt d w c z x v g")]
_CONSONANTS = dict(
    zip(
        "ㄱㄲㄳㄴㄵㄶㄷㄸㄹㄺㄻㄼㄽㄾㄿㅀㅁㅂㅃㅄㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ",
        _keys("r rr rt s sw sg e ee f fr fa fq ft fx fv fg a q qq qt t tt d w ww c z x v g"),
        strict=True,
    )
)
_JAMO = _CONSONANTS | dict(zip("ㅏㅐㅑㅒㅓㅔㅕㅖㅗㅘㅙㅚㅛㅜㅝㅞㅟㅠㅡㅢㅣ", _VOWELS, strict=True))
# Thai to Myanmar, Khmer, Kana and Han: no spaces between words, so each character may begin one.
_UNSPACED = (
    *(range(0x0E00, 0x0F00), range(0x1000, 0x10A0), range(0x1780, 0x1800), range(0x3040, 0x3131)),
    *(range(0x31A0, 0x3200), range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0xF900, 0xFB00)),
    range(0x20000, 0x33480),
)
# Letters that Unicode takes for letters of their own, and people for these.
_PLAIN = str.maketrans({"ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ð": "d", "þ": "th", "ı": "i"})
_APOSTROPHES = "'’ʼ＇"


def _is_unspaced(char: str) -> bool:
    return any(ord(char) in unspaced for unspaced in _UNSPACED)


def is_apostrophe(char: str) -> bool:
    """It belongs to a word, and is no letter of it."""
    return char in _APOSTROPHES


def is_syllable(char: str) -> bool:
    return ord(char) in _SYLLABLES


def initial(char: str) -> str:
    """The keys of a syllable's first consonant."""
    return _INITIALS[(ord(char) - _SYLLABLES.start) // (len(_VOWELS) * len(_FINALS))]


def ends_in_consonant(char: str) -> bool:
    return is_syllable(char) and (ord(char) - _SYLLABLES.start) % len(_FINALS) > 0


def is_consonant(char: str) -> bool:
    return char in _CONSONANTS


@lru_cache(maxsize=20_000)
def piece(char: str) -> tuple[str, bool | None]:
    """The keys of a character, and whether words of its script grow together; None for what separates words."""
    code = ord(char)
    if code in _SYLLABLES:
        vowel, final = divmod((code - _SYLLABLES.start) % (len(_VOWELS) * len(_FINALS)), len(_FINALS))
        return initial(char) + _VOWELS[vowel] + _FINALS[final], True
    if char in _JAMO:
        return _JAMO[char], True
    if is_apostrophe(char):
        return "", None
    wide = unicodedata.normalize("NFKC", char)
    if _is_unspaced(wide[0]):
        return unicodedata.normalize("NFKD", wide), True if unicodedata.category(wide[0])[0] in "LNM" else None
    plain = unicodedata.normalize("NFKD", wide.casefold().translate(_PLAIN))
    kept = "".join(c for c in plain if unicodedata.category(c)[0] in "LN" or _is_vowel_sign(c))
    is_mark = unicodedata.category(char)[0] == "M"
    return kept[:_LONGEST_PIECE], False if kept or is_mark else None


def _is_vowel_sign(char: str) -> bool:
    """A mark that is a letter of its script, and no accent."""
    return unicodedata.category(char)[0] == "M" and not unicodedata.combining(char)
