#include "services/allocation/domain/maths/pacing.h"

#include <algorithm>

#include "services/allocation/domain/maths/ranges.h"

namespace sanyuan::allocation {
namespace {

absl::Status CheckArguments(int64_t cartons, SeasonShare share, int64_t slack_basis_points) {
  absl::Status status = CheckRange("cartons", cartons, 0, kMaxTotalCartons);
  status.Update(CheckRange("season total", share.total, 1, kMaxTotalCartons));
  status.Update(CheckRange("season cumulative", share.cumulative, 0, share.total));
  status.Update(CheckRange("slack_basis_points", slack_basis_points, 0, kBasisPoints));
  return status;
}

// cartons * (W + slack) as an exact fraction: at most 1e12 * 2e16 over 1e16, far inside 128 bits.
struct Paced {
  __int128 numerator;
  __int128 denominator;
};

Paced PacedAmount(int64_t cartons, SeasonShare share, int64_t slack_basis_points) {
  const int64_t parts = share.cumulative * kBasisPoints + share.total * slack_basis_points;
  return {static_cast<__int128>(cartons) * parts, static_cast<__int128>(share.total) * kBasisPoints};
}

int64_t Ceiling(int64_t cartons, SeasonShare share, int64_t slack_basis_points) {
  const Paced paced = PacedAmount(cartons, share, slack_basis_points);
  const __int128 rounded_up = (paced.numerator + paced.denominator - 1) / paced.denominator;
  return static_cast<int64_t>(std::min<__int128>(cartons, rounded_up));
}

}  // namespace

absl::StatusOr<int64_t> PacingCeilingAt(int64_t ceiling_cartons, SeasonShare share,
                                        int64_t slack_basis_points) {
  const absl::Status status = CheckArguments(ceiling_cartons, share, slack_basis_points);
  if (!status.ok()) return status;
  return Ceiling(ceiling_cartons, share, slack_basis_points);
}

absl::Status PacingCeilings(int64_t ceiling_cartons, absl::Span<const int64_t> season_weights,
                            int64_t slack_basis_points, absl::Span<int64_t> ceilings) {
  absl::Status status =
      CheckRange("number of season weights", static_cast<int64_t>(season_weights.size()), 1, kMaxLines);
  if (ceilings.size() != season_weights.size()) {
    status.Update(absl::InvalidArgumentError("ceilings and season_weights differ in length"));
  }
  if (!status.ok()) return status;
  SeasonShare share{0, 0};
  for (const int64_t weight : season_weights) {
    status.Update(CheckRange("season weight", weight, 0, kMaxTotalCartons));
    if (!status.ok()) return status;
    share.total += weight;
  }
  status.Update(CheckArguments(ceiling_cartons, share, slack_basis_points));
  if (!status.ok()) return status;
  for (size_t t = 0; t < season_weights.size(); ++t) {
    share.cumulative += season_weights[t];
    ceilings[t] = Ceiling(ceiling_cartons, share, slack_basis_points);
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> ReleaseLimitAt(int64_t supply_cartons, SeasonShare share,
                                       int64_t slack_basis_points) {
  const absl::Status status = CheckArguments(supply_cartons, share, slack_basis_points);
  if (!status.ok()) return status;
  const Paced paced = PacedAmount(supply_cartons, share, slack_basis_points);
  return static_cast<int64_t>(std::min<__int128>(supply_cartons, paced.numerator / paced.denominator));
}

}  // namespace sanyuan::allocation
