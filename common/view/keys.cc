#include "common/view/keys.h"

namespace sanyuan::view {

std::string Prefix(std::initializer_list<std::string_view> parts) {
  std::string out;
  for (std::string_view part : parts) {
    for (char c : part) {
      if (c == '/') {
        out += "%2F";
      } else if (c == '%') {
        out += "%25";
      } else {
        out += c;
      }
    }
    out += '/';
  }
  return out;
}

std::string Key(std::initializer_list<std::string_view> parts) {
  std::string out = Prefix(parts);
  if (!out.empty()) out.pop_back();
  return out;
}

}  // namespace sanyuan::view
