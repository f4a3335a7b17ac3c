#include "services/sanyuanctl/iowa/sales.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <set>
#include <unordered_map>

#include "absl/strings/ascii.h"
#include "services/sanyuanctl/iowa/csv_file.h"

namespace sanyuan::ctl::iowa {
namespace {

constexpr size_t kLineDigits = 5;  // Of "Invoice/Item Number", behind the number of the invoice.
constexpr int32_t kMostBottles = 1'000'000;

bool IsDigits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

// nullopt unless it is a number of digits alone that fits.
std::optional<int64_t> Number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (!IsDigits(text) || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

absl::Status Unfit(const char* column, std::string_view value) {
  return absl::InvalidArgumentError(fmt::format("{}: '{}'", column, value));
}

// "118.8" is 11880; nullopt unless it is an amount with at most two decimals.
std::optional<int64_t> Cents(std::string_view text) {
  const size_t point = text.find('.');
  std::string digits(text.substr(0, point));
  std::string decimals(point == std::string_view::npos ? "" : text.substr(point + 1));
  if (decimals.size() > 2) return std::nullopt;
  decimals.resize(2, '0');
  digits += decimals;
  return Number(digits);
}

struct Product {
  std::string name, category;
};

class Reader {
 public:
  explicit Reader(std::string folder) : folder_(std::move(folder)) {}

  absl::StatusOr<Sales> Read() {
    for (const auto read :
         {&Reader::ReadCounties, &Reader::ReadStores, &Reader::ReadProducts, &Reader::ReadLines}) {
      if (absl::Status done = (this->*read)(); !done.ok()) return done;
    }
    NameCategories();
    return std::move(sales_);
  }

 private:
  std::string Path(const char* name) const { return fmt::format("{}/{}", folder_, name); }

  absl::Status ReadCounties() {
    return ReadCsv(Path("store_county_derived.csv"), {"Store", "county", "county_fips"},
                   [this](const CsvRow& row) {
                     if (row[2].empty()) return absl::OkStatus();
                     const auto fips = Number(row[2]);
                     if (!fips) return Unfit("county_fips", row[2]);
                     const std::string code = fmt::format("{}{:04}", kCountyPrefix, *fips % 1000);
                     county_of_[std::string(row[0])] = code;
                     county_names_[code] = row[1];
                     return absl::OkStatus();
                   });
  }

  absl::Status ReadStores() {
    return ReadCsv(Path("stores.csv"), {"Store", "Name"}, [this](const CsvRow& row) {
      store_names_[std::string(row[0])] = row[1];
      return absl::OkStatus();
    });
  }

  absl::Status ReadProducts() {
    return ReadCsv(Path("products.csv"), {"Item Number", "Item Description", "Category Name"},
                   [this](const CsvRow& row) {
                     products_[std::string(row[0])] = {std::string(row[1]), std::string(row[2])};
                     return absl::OkStatus();
                   });
  }

  absl::Status ReadLines() {
    return ReadCsv(
        Path("sales_2022_h1.csv.gz"),
        {"Invoice/Item Number", "Date", "Store Number", "Item Number", "Bottles Sold", "Sale (Dollars)"},
        [this](const CsvRow& row) { return AddLine(row); });
  }

  absl::Status AddLine(const CsvRow& row) {
    if (row[0].size() <= kLineDigits || !IsDigits(row[0].substr(row[0].size() - kLineDigits))) {
      return Unfit("Invoice/Item Number", row[0]);
    }
    if (row[1] != date_text_) {
      const auto date = ParseDate(row[1]);
      if (!date) return Unfit("Date", row[1]);
      date_ = *date;
      date_text_ = row[1];
    }
    const auto bottles = Number(row[4]);
    if (!bottles || *bottles < 1 || *bottles > kMostBottles) return Unfit("Bottles Sold", row[4]);
    const auto cents = Cents(row[5]);
    if (!cents) return Unfit("Sale (Dollars)", row[5]);
    const auto store = StoreOf(row[2]);
    if (!store) return Unfit("Store Number", row[2]);
    const auto item = ItemOf(row[3]);
    if (!item) return Unfit("Item Number", row[3]);
    NotePrice(sales_.items[*item], (*cents + *bottles / 2) / *bottles);
    const std::string number(row[0].substr(0, row[0].size() - kLineDigits));
    const auto [place, is_new] = invoices_.try_emplace(number, date_, sales_.days[date_].size());
    if (is_new) sales_.days[date_].push_back({number, *store, {}});
    if (place->second.first != date_) return Unfit("Date", row[1]);
    Invoice& invoice = sales_.days[date_][place->second.second];
    if (invoice.store != *store) return Unfit("Store Number", row[2]);
    invoice.lines.push_back({*item, static_cast<int32_t>(*bottles)});
    return absl::OkStatus();
  }

  std::optional<uint32_t> StoreOf(std::string_view number) {
    if (!IsDigits(number)) return std::nullopt;
    const auto [place, is_new] = stores_.try_emplace(std::string(number), sales_.stores.size());
    if (is_new) {
      const auto county = county_of_.find(place->first);
      Store& store = sales_.stores.emplace_back();
      store.number = place->first;
      store.name = store_names_[store.number];
      if (county != county_of_.end()) {
        store.county = county->second;
        store.licence = store.county + store.number;
        if (county_names_.contains(store.county)) {
          sales_.counties.push_back({store.county, county_names_.extract(store.county).mapped()});
        }
      }
    }
    return place->second;
  }

  std::optional<uint32_t> ItemOf(std::string_view number) {
    const auto [place, is_new] = items_.try_emplace(std::string(number), sales_.items.size());
    if (is_new) {
      const auto product = products_.find(place->first);
      if (!IsDigits(number) || product == products_.end()) return std::nullopt;
      sales_.items.push_back({place->first, product->second.name, product->second.category, {}});
    }
    return place->second;
  }

  void NotePrice(Item& item, int64_t fen) {
    if (!item.prices.empty() && (item.prices.back().fen == fen || item.prices.back().from >= date_)) return;
    item.prices.push_back({date_, fen});
  }

  void NameCategories() {
    std::set<std::string> names;
    for (const Item& item : sales_.items) names.insert(item.category);
    std::map<std::string, std::string> codes;
    for (const std::string& name : names) {
      codes[name] = fmt::format("C{:02}", codes.size() + 1);
      sales_.categories.push_back({codes[name], name});
    }
    for (Item& item : sales_.items) item.category = codes[item.category];
    std::sort(sales_.counties.begin(), sales_.counties.end(),
              [](const County& a, const County& b) { return a.code < b.code; });
  }

  const std::string folder_;
  Sales sales_;
  std::unordered_map<std::string, std::string> county_of_, county_names_, store_names_;
  std::unordered_map<std::string, Product> products_;
  std::unordered_map<std::string, uint32_t> stores_, items_;
  // Day of each invoice, and its place there.
  std::unordered_map<std::string, std::pair<Date, size_t>> invoices_;
  std::string date_text_;
  Date date_;
};

}  // namespace

int64_t Invoice::Bottles() const {
  int64_t bottles = 0;
  for (const Line& line : lines) bottles += line.bottles;
  return bottles;
}

absl::StatusOr<Sales> ReadSales(const std::string& folder) { return Reader(folder).Read(); }

}  // namespace sanyuan::ctl::iowa
