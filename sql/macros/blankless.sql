/*
chapter: Building blocks
question: Which characters are written without blanks between words?
definition: a character class of the scripts Han, kana, Thai, Lao, Khmer and Myanmar, for regular expressions
edge_cases: the marks of length and of a closed matter, which belong to no one script, are in it
example: select regexp_matches('駐車', blankless())
signature:
returns: varchar
*/
'[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\x{30FC}\x{3006}]'
