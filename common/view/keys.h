// Keys of view rows: parts joined by '/', so that every list is the range of a prefix. Pure, any thread.
#ifndef SANYUAN_COMMON_VIEW_KEYS_H_
#define SANYUAN_COMMON_VIEW_KEYS_H_

#include <initializer_list>
#include <string>
#include <string_view>

namespace sanyuan::view {

// Key({"order", "620121", "x"}) is "order/620121/x". A '/' or '%' inside a part is written %2F or %25.
std::string Key(std::initializer_list<std::string_view> parts);
// The same with a '/' at the end: the prefix of all keys below.
std::string Prefix(std::initializer_list<std::string_view> parts);

}  // namespace sanyuan::view

#endif  // SANYUAN_COMMON_VIEW_KEYS_H_
