// Distances on the ground in integers only, so that every machine judges "within 200 m" the same way.
//
// The shift in latitude and longitude is turned into metres with the lengths of a degree of the WGS 84
// ellipsoid at the middle latitude (a table for every second degree, interpolated linearly) and the two are
// added by Pythagoras. Compared with the geodesic the error stays below 1 m up to 5 km between the equator
// and 60 degrees, so well below what a position in a street is worth; it grows with the distance, to about
// 1 % between opposite ends of a province, where nothing is judged by it. Across the 180th meridian the
// shorter way is taken.
// Pure functions, any thread.
#ifndef SANYUAN_COMMON_GEO_GEOMETRY_H_
#define SANYUAN_COMMON_GEO_GEOMETRY_H_

#include <cstdint>

namespace sanyuan {

// Millionths of a degree, WGS 84; north and east are positive.
struct GeoPoint {
  int32_t latitude_udeg = 0;
  int32_t longitude_udeg = 0;

  bool operator==(const GeoPoint&) const = default;
  static void Fields(auto& self, auto&& visit) { visit(self.latitude_udeg, self.longitude_udeg); }
};

// Latitude from -90 to 90 degrees, longitude from -180 to 180.
bool IsOnEarth(const GeoPoint& point);

// Metres, rounded to the nearest. REQUIRES: IsOnEarth of both.
int64_t DistanceMetres(const GeoPoint& a, const GeoPoint& b);

}  // namespace sanyuan

#endif  // SANYUAN_COMMON_GEO_GEOMETRY_H_
