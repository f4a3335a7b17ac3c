#include "common/geo/geometry.h"

#include <array>
#include <cstddef>
#include <cstdlib>

namespace sanyuan {
namespace {

constexpr int32_t kDegree = 1'000'000;
constexpr int32_t kStep = 2 * kDegree;
using DegreeLengths = std::array<int32_t, 46>;

// Length of one degree in centimetres at latitude 0, 2, 4, ... 90.
constexpr DegreeLengths kLatitudeDegree = {
    11057427, 11057563, 11057968, 11058640, 11059578, 11060776, 11062228, 11063929, 11065868, 11068038,
    11070428, 11073026, 11075821, 11078798, 11081943, 11085242, 11088679, 11092236, 11095898, 11099645,
    11103461, 11107325, 11111221, 11115129, 11119029, 11122903, 11126731, 11130496, 11134178, 11137760,
    11141224, 11144552, 11147729, 11150739, 11153566, 11156197, 11158619, 11160819, 11162787, 11164513,
    11165988, 11167205, 11168158, 11168842, 11169254, 11169392,
};
constexpr DegreeLengths kLongitudeDegree = {
    11131946, 11125210, 11105010, 11071369, 11024325, 10963933, 10890262, 10803396, 10703435, 10590495,
    10464705, 10326212, 10175174, 10011768, 9836184,  9648625,  9449311,  9238475,  9016366,  8783243,
    8539383,  8285073,  8020616,  7746327,  7462533,  7169573,  6867799,  6557575,  6239275,  5913284,
    5579998,  5239822,  4893172,  4540471,  4182151,  3818653,  3450422,  3077914,  2701588,  2321909,
    1939348,  1554378,  1167477,  779125,   389805,   0,
};

int64_t DegreeLengthAt(const DegreeLengths& table, int64_t latitude_udeg) {
  const int64_t north = std::abs(latitude_udeg);
  const auto index = static_cast<size_t>(north / kStep);
  if (index + 1 >= table.size()) return table.back();
  const int64_t into = north % kStep;
  return table[index] + (table[index + 1] - table[index]) * into / kStep;
}

int64_t SquareRoot(int64_t value) {
  if (value < 2) return value;
  // Newton's method from above: it falls until it has reached the floor of the root.
  int64_t root = int64_t{1} << 32;
  int64_t next = int64_t{1} << 31;
  while (next < root) {
    root = next;
    next = (root + value / root) / 2;
  }
  return root;
}

}  // namespace

bool IsOnEarth(const GeoPoint& point) {
  return std::abs(int64_t{point.latitude_udeg}) <= 90LL * kDegree &&
         std::abs(int64_t{point.longitude_udeg}) <= 180LL * kDegree;
}

int64_t DistanceMetres(const GeoPoint& a, const GeoPoint& b) {
  const int64_t middle = (int64_t{a.latitude_udeg} + b.latitude_udeg) / 2;
  const int64_t north = std::abs(int64_t{a.latitude_udeg} - b.latitude_udeg);
  int64_t east = std::abs(int64_t{a.longitude_udeg} - b.longitude_udeg);
  if (east > 180LL * kDegree) east = 360LL * kDegree - east;
  // Centimetres per degree times millionths of a degree: ten million make a decimetre.
  constexpr int64_t kDecimetre = 10'000'000;
  const int64_t y = (north * DegreeLengthAt(kLatitudeDegree, middle) + kDecimetre / 2) / kDecimetre;
  const int64_t x = (east * DegreeLengthAt(kLongitudeDegree, middle) + kDecimetre / 2) / kDecimetre;
  return (SquareRoot(x * x + y * y) + 5) / 10;
}

}  // namespace sanyuan
