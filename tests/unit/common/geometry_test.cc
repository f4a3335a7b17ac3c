#include "common/geo/geometry.h"

#include <gtest/gtest.h>

#include <cmath>

namespace sanyuan {
namespace {

constexpr double kPi = 3.14159265358979323846;

// The geodesic by Vincenty's inverse formula on the WGS 84 ellipsoid, good to a fraction of a millimetre.
double Geodesic(const GeoPoint& a, const GeoPoint& b) {
  const double major = 6378137.0;
  const double flattening = 1 / 298.257223563;
  const double minor = major * (1 - flattening);
  const auto radians = [](int32_t udeg) { return udeg / 1e6 * kPi / 180; };
  const double shift = radians(b.longitude_udeg) - radians(a.longitude_udeg);
  const double u1 = std::atan((1 - flattening) * std::tan(radians(a.latitude_udeg)));
  const double u2 = std::atan((1 - flattening) * std::tan(radians(b.latitude_udeg)));
  double lambda = shift;
  double sigma = 0;
  double sin_sigma = 0;
  double cos_sigma = 0;
  double cos2_alpha = 0;
  double cos_2m = 0;
  for (int i = 0; i < 200; ++i) {
    const double x = std::cos(u2) * std::sin(lambda);
    const double y = std::cos(u1) * std::sin(u2) - std::sin(u1) * std::cos(u2) * std::cos(lambda);
    sin_sigma = std::sqrt(x * x + y * y);
    if (sin_sigma == 0) return 0;
    cos_sigma = std::sin(u1) * std::sin(u2) + std::cos(u1) * std::cos(u2) * std::cos(lambda);
    sigma = std::atan2(sin_sigma, cos_sigma);
    const double sin_alpha = std::cos(u1) * std::cos(u2) * std::sin(lambda) / sin_sigma;
    cos2_alpha = 1 - sin_alpha * sin_alpha;
    cos_2m = cos2_alpha == 0 ? 0 : cos_sigma - 2 * std::sin(u1) * std::sin(u2) / cos2_alpha;
    const double c = flattening / 16 * cos2_alpha * (4 + flattening * (4 - 3 * cos2_alpha));
    const double last = lambda;
    lambda = shift + (1 - c) * flattening * sin_alpha *
                         (sigma + c * sin_sigma * (cos_2m + c * cos_sigma * (-1 + 2 * cos_2m * cos_2m)));
    if (std::abs(lambda - last) < 1e-12) break;
  }
  const double u_squared = cos2_alpha * (major * major - minor * minor) / (minor * minor);
  const double big_a =
      1 + u_squared / 16384 * (4096 + u_squared * (-768 + u_squared * (320 - 175 * u_squared)));
  const double big_b = u_squared / 1024 * (256 + u_squared * (-128 + u_squared * (74 - 47 * u_squared)));
  const double delta =
      big_b * sin_sigma *
      (cos_2m + big_b / 4 *
                    (cos_sigma * (-1 + 2 * cos_2m * cos_2m) -
                     big_b / 6 * cos_2m * (-3 + 4 * sin_sigma * sin_sigma) * (-3 + 4 * cos_2m * cos_2m)));
  return minor * big_a * (sigma - delta);
}

TEST(Geometry, IsWithinAMetreAndAHalfOfTheGeodesicUpToFiveKilometresAllOverChina) {
  // From Yunnan's and Gansu's south (24.9 N) to Gansu's north (42.8 N), and the country's ends besides.
  for (const int32_t latitude :
       {3'900'000, 18'200'000, 24'900'000, 30'500'000, 36'736'000, 42'800'000, 53'500'000}) {
    for (const int32_t metres : {3, 50, 199, 201, 299, 301, 1000, 5000}) {
      for (int direction = 0; direction < 24; ++direction) {
        const double angle = direction * kPi / 12;
        const double cosine = std::cos(latitude / 1e6 * kPi / 180);
        const GeoPoint from{latitude, 103'260'000};
        const GeoPoint to{latitude + static_cast<int32_t>(metres * 9 * std::cos(angle)),
                          103'260'000 + static_cast<int32_t>(metres * 9 * std::sin(angle) / cosine)};
        EXPECT_NEAR(static_cast<double>(DistanceMetres(from, to)), Geodesic(from, to), 1.5)
            << latitude << " " << metres << " " << direction;
      }
    }
  }
}

TEST(Geometry, IsSymmetricAndZeroAtThePlace) {
  const GeoPoint a{36'736'000, 103'260'000};
  const GeoPoint b{36'737'234, 103'258'111};
  EXPECT_EQ(DistanceMetres(a, a), 0);
  EXPECT_EQ(DistanceMetres(a, b), DistanceMetres(b, a));
}

TEST(Geometry, TakesTheShorterWayAcrossTheDateLine) {
  EXPECT_LT(DistanceMetres({0, 179'999'500}, {0, -179'999'500}), 120);
}

TEST(Geometry, StandsTheEndsOfTheEarth) {
  const int64_t half_way_round = DistanceMetres({-90'000'000, -180'000'000}, {90'000'000, 0});
  EXPECT_GT(half_way_round, 19'000'000);
  EXPECT_LT(half_way_round, 30'000'000);
  EXPECT_TRUE(IsOnEarth({90'000'000, -180'000'000}));
  EXPECT_FALSE(IsOnEarth({90'000'001, 0}));
  EXPECT_FALSE(IsOnEarth({0, INT32_MIN}));
}

}  // namespace
}  // namespace sanyuan
