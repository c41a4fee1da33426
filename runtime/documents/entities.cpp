#include "runtime/documents/entities.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <unordered_map>

#include "runtime/value/utf8.h"

namespace chain::documents {
namespace {

/// U+00A0 to U+00FF, in order: the names that HTML reads without a semicolon, too.
constexpr std::array<std::string_view, 96> kLatin = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",    "copy",
    "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn", "sup2",   "sup3",
    "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",   "raquo",  "frac14", "frac12",
    "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde", "Auml",   "Aring",  "AElig",  "Ccedil",
    "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave", "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde",
    "Ograve", "Oacute", "Ocirc",  "Otilde", "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",
    "Uuml",   "Yacute", "THORN",  "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",
    "aelig",  "ccedil", "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",
    "eth",    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};

struct Name {
  std::string_view name;
  uint32_t code_point;
};
constexpr Name kNames[] = {
    {"Alpha", 0x391},       {"Beta", 0x392},    {"Cacute", 0x106},  {"Ccaron", 0x10C},   {"Chi", 0x3A7},
    {"Dagger", 0x2021},     {"Delta", 0x394},   {"Epsilon", 0x395}, {"Eta", 0x397},      {"Gamma", 0x393},
    {"Gbreve", 0x11E},      {"Idot", 0x130},    {"Iota", 0x399},    {"Kappa", 0x39A},    {"Lambda", 0x39B},
    {"Lstrok", 0x141},      {"Mu", 0x39C},      {"NewLine", 0xA},   {"Nu", 0x39D},       {"OElig", 0x152},
    {"Omega", 0x3A9},       {"Omicron", 0x39F}, {"Phi", 0x3A6},     {"Pi", 0x3A0},       {"Prime", 0x2033},
    {"Psi", 0x3A8},         {"Rho", 0x3A1},     {"Scaron", 0x160},  {"Scedil", 0x15E},   {"Sigma", 0x3A3},
    {"Tab", 0x9},           {"Tau", 0x3A4},     {"Theta", 0x398},   {"Upsilon", 0x3A5},  {"Xi", 0x39E},
    {"Yuml", 0x178},        {"Zcaron", 0x17D},  {"Zeta", 0x396},    {"alefsym", 0x2135}, {"alpha", 0x3B1},
    {"amp", 0x26},          {"and", 0x2227},    {"ang", 0x2220},    {"aogon", 0x105},    {"apos", 0x27},
    {"ast", 0x2A},          {"asymp", 0x2248},  {"bdquo", 0x201E},  {"beta", 0x3B2},     {"bigstar", 0x2605},
    {"bsol", 0x5C},         {"bull", 0x2022},   {"cacute", 0x107},  {"cap", 0x2229},     {"ccaron", 0x10D},
    {"check", 0x2713},      {"chi", 0x3C7},     {"circ", 0x2C6},    {"clubs", 0x2663},   {"colon", 0x3A},
    {"comma", 0x2C},        {"commat", 0x40},   {"cong", 0x2245},   {"crarr", 0x21B5},   {"cross", 0x2717},
    {"cup", 0x222A},        {"dArr", 0x21D3},   {"dagger", 0x2020}, {"darr", 0x2193},    {"dash", 0x2010},
    {"delta", 0x3B4},       {"diams", 0x2666},  {"dollar", 0x24},   {"ecaron", 0x11B},   {"empty", 0x2205},
    {"emsp", 0x2003},       {"ensp", 0x2002},   {"eogon", 0x119},   {"epsilon", 0x3B5},  {"equals", 0x3D},
    {"equiv", 0x2261},      {"eta", 0x3B7},     {"euro", 0x20AC},   {"excl", 0x21},      {"exist", 0x2203},
    {"fnof", 0x192},        {"forall", 0x2200}, {"frasl", 0x2044},  {"gamma", 0x3B3},    {"gbreve", 0x11F},
    {"ge", 0x2265},         {"grave", 0x60},    {"gt", 0x3E},       {"hArr", 0x21D4},    {"harr", 0x2194},
    {"hearts", 0x2665},     {"hellip", 0x2026}, {"horbar", 0x2015}, {"hyphen", 0x2010},  {"image", 0x2111},
    {"infin", 0x221E},      {"inodot", 0x131},  {"int", 0x222B},    {"iota", 0x3B9},     {"isin", 0x2208},
    {"kappa", 0x3BA},       {"lArr", 0x21D0},   {"lambda", 0x3BB},  {"lang", 0x2329},    {"larr", 0x2190},
    {"lbrace", 0x7B},       {"lbrack", 0x5B},   {"lceil", 0x2308},  {"ldquo", 0x201C},   {"le", 0x2264},
    {"leftarrow", 0x2190},  {"lfloor", 0x230A}, {"lowast", 0x2217}, {"lowbar", 0x5F},    {"loz", 0x25CA},
    {"lpar", 0x28},         {"lrm", 0x200E},    {"lsaquo", 0x2039}, {"lsquo", 0x2018},   {"lstrok", 0x142},
    {"lt", 0x3C},           {"mdash", 0x2014},  {"minus", 0x2212},  {"mu", 0x3BC},       {"nabla", 0x2207},
    {"nacute", 0x144},      {"ndash", 0x2013},  {"ne", 0x2260},     {"ni", 0x220B},      {"nldr", 0x2025},
    {"notin", 0x2209},      {"nsub", 0x2284},   {"nu", 0x3BD},      {"num", 0x23},       {"odblac", 0x151},
    {"oelig", 0x153},       {"oline", 0x203E},  {"omega", 0x3C9},   {"omicron", 0x3BF},  {"oplus", 0x2295},
    {"or", 0x2228},         {"otimes", 0x2297}, {"part", 0x2202},   {"percnt", 0x25},    {"period", 0x2E},
    {"permil", 0x2030},     {"perp", 0x22A5},   {"phi", 0x3C6},     {"phone", 0x260E},   {"pi", 0x3C0},
    {"piv", 0x3D6},         {"plus", 0x2B},     {"prime", 0x2032},  {"prod", 0x220F},    {"prop", 0x221D},
    {"psi", 0x3C8},         {"quest", 0x3F},    {"quot", 0x22},     {"rArr", 0x21D2},    {"radic", 0x221A},
    {"rang", 0x232A},       {"rarr", 0x2192},   {"rbrace", 0x7D},   {"rbrack", 0x5D},    {"rcaron", 0x159},
    {"rceil", 0x2309},      {"rdquo", 0x201D},  {"real", 0x211C},   {"rfloor", 0x230B},  {"rho", 0x3C1},
    {"rightarrow", 0x2192}, {"rlm", 0x200F},    {"rpar", 0x29},     {"rsaquo", 0x203A},  {"rsquo", 0x2019},
    {"sacute", 0x15B},      {"sbquo", 0x201A},  {"scaron", 0x161},  {"scedil", 0x15F},   {"sdot", 0x22C5},
    {"semi", 0x3B},         {"sigma", 0x3C3},   {"sigmaf", 0x3C2},  {"sim", 0x223C},     {"sol", 0x2F},
    {"spades", 0x2660},     {"star", 0x2606},   {"sub", 0x2282},    {"sube", 0x2286},    {"sum", 0x2211},
    {"sup", 0x2283},        {"supe", 0x2287},   {"tau", 0x3C4},     {"there4", 0x2234},  {"theta", 0x3B8},
    {"thetasym", 0x3D1},    {"thinsp", 0x2009}, {"tilde", 0x2DC},   {"trade", 0x2122},   {"uArr", 0x21D1},
    {"uarr", 0x2191},       {"udblac", 0x171},  {"upsih", 0x3D2},   {"upsilon", 0x3C5},  {"uring", 0x16F},
    {"verbar", 0x7C},       {"weierp", 0x2118}, {"xi", 0x3BE},      {"zcaron", 0x17E},   {"zdot", 0x17C},
    {"zeta", 0x3B6},        {"zwj", 0x200D},    {"zwnj", 0x200C},
};

/// What numbers of C1 controls mean on pages: the characters of Windows-1252 (HTML, 13.2.5.80).
constexpr std::array<uint16_t, 32> kWindows = {0x20AC, 0x81,   0x201A, 0x192,  0x201E, 0x2026, 0x2020, 0x2021,
                                               0x2C6,  0x2030, 0x160,  0x2039, 0x152,  0x8D,   0x17D,  0x8F,
                                               0x90,   0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014,
                                               0x2DC,  0x2122, 0x161,  0x203A, 0x153,  0x9D,   0x17E,  0x178};

constexpr size_t kLongestName = 12;

using Names = std::unordered_map<std::string_view, uint32_t>;

const Names& names() {
  static const Names all = [] {
    Names names;
    for (const Name& each : kNames) names.emplace(each.name, each.code_point);
    for (uint32_t i = 0; i < kLatin.size(); ++i) names.emplace(kLatin[i], 0xA0 + i);
    return names;
  }();
  return all;
}

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

void append(uint32_t code_point, std::string& decoded) {
  if (code_point >= 0x80 && code_point < 0xA0) code_point = kWindows[code_point - 0x80];
  char bytes[4];
  decoded.append(bytes, value::encode_utf8(code_point == 0 ? 0xFFFD : code_point, bytes));
}

/// `&#8212;`, `&#x2014;`
size_t decode_number(std::string_view text, std::string& decoded) {
  const bool hexadecimal = text.size() > 2 && (text[2] | 0x20) == 'x';
  const size_t begin = hexadecimal ? 3 : 2;
  size_t at = begin;
  uint32_t code_point = 0;
  for (; at < text.size() && at < begin + 8; ++at) {
    const char c = text[at];
    const char letter = static_cast<char>(c | 0x20);
    uint32_t digit = 0;
    if (c >= '0' && c <= '9') {
      digit = static_cast<uint32_t>(c - '0');
    } else if (hexadecimal && letter >= 'a' && letter <= 'f') {
      digit = static_cast<uint32_t>(letter - 'a' + 10);
    } else {
      break;
    }
    code_point = std::min<uint32_t>(code_point * (hexadecimal ? 16 : 10) + digit, 0x110000);
  }
  if (at == begin || at >= text.size() || text[at] != ';') return 0;
  append(code_point, decoded);
  return at + 1;
}

}  // namespace

size_t decode_reference(std::string_view text, bool lenient, std::string& decoded) {
  if (text.size() > 1 && text[1] == '#') return decode_number(text, decoded);
  size_t end = 1;
  while (end < text.size() && end <= kLongestName && is_name_character(text[end])) ++end;
  const std::string_view name = text.substr(1, end - 1);
  const bool closed = end < text.size() && text[end] == ';';
  const auto found = names().find(name);
  if (found == names().end()) return 0;
  if (!closed) {
    const bool old = found->second < 0x100;
    const bool goes_on = end < text.size() && text[end] == '=';  // a URL's parameter
    if (!lenient || !old || goes_on) return 0;
  }
  append(found->second, decoded);
  return end + (closed ? 1 : 0);
}

}  // namespace chain::documents
