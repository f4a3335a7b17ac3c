// The catalogue of the demo day: 58 SKUs with real names; most codes and prices are synthetic, and flagged so.
// Immutable, any thread.
#ifndef SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_
#define SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sanyuan::ctl::demo {

struct CatalogueSku {
  std::string code, name, price_class;
  int64_t wholesale_fen = 0;  // Of a carton.
  bool key_brand = false, tight = false, rural_staple = false;
  bool synthetic = false;  // The code was invented.
};

const std::vector<CatalogueSku>& Catalogue();

}  // namespace sanyuan::ctl::demo

#endif  // SANYUAN_SERVICES_SANYUANCTL_DEMO_CATALOGUE_H_
