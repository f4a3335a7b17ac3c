// Registers what the sales are about: formats of Iowa's licences and items, counties, categories, items with their
// prices, stores. Neither floating nor ordering policy: orders have no ceiling and payments no deadline.
// Throws Unexpected. Not thread-safe.
#ifndef SANYUAN_SERVICES_SANYUANCTL_IOWA_LOAD_SALES_H_
#define SANYUAN_SERVICES_SANYUANCTL_IOWA_LOAD_SALES_H_

#include "services/sanyuanctl/client/client.h"
#include "services/sanyuanctl/iowa/sales.h"

namespace sanyuan::ctl::iowa {

void LoadReference(Client& client, const Sales& sales);
// REQUIRES: the county journals have read the reference.
void LoadStores(Client& client, const Sales& sales);

}  // namespace sanyuan::ctl::iowa

#endif  // SANYUAN_SERVICES_SANYUANCTL_IOWA_LOAD_SALES_H_
