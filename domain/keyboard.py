"""Which keys type a character.

A Korean keyboard has one Latin letter for each part of a syllable, so "테스트" is typed "xptmxm". Written like this,
all scripts that are typed letter by letter are compared in one way: a syllable that is not finished yet is the
beginning of one that is, a slip of the finger is one letter, and a text typed in the wrong keyboard mode is found all
the same.
"""

import unicodedata
from functools import lru_cache

# A character may stand for a whole sentence (U+FDFA); this much of it is kept.
_LONGEST_PIECE = 8


def _keys(listed: str) -> list[str]:
    return listed.split()


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
    if any(code in unspaced for unspaced in _UNSPACED):
        # As digits, which no engine takes apart by rules of its own, or forgives a slip in.
        return f"{code:06}", True if unicodedata.category(char)[0] in "LNM" else None
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", char).casefold())
    kept = "".join(c for c in plain if unicodedata.category(c)[0] in "LN" or _is_vowel_sign(c))
    is_mark = unicodedata.category(char)[0] == "M"
    return kept[:_LONGEST_PIECE], False if kept or is_mark else None


def _is_vowel_sign(char: str) -> bool:
    """A mark that is a letter of its script, and no accent."""
    return unicodedata.category(char)[0] == "M" and not unicodedata.combining(char)
