#include "common/rpc/reasons.h"

#include <gtest/gtest.h>

#include "common/rpc/errors.h"

namespace sanyuan::rpc {
namespace {

TEST(Reasons, EveryReasonHasATextInChineseAndInEnglish) {
  const auto& reasons = *common::v1::Reason_descriptor();
  for (int i = 0; i < reasons.value_count(); ++i) {
    const auto reason = static_cast<common::v1::Reason>(reasons.value(i)->number());
    EXPECT_FALSE(TextOf(reason).zh().empty()) << reasons.value(i)->name();
    EXPECT_FALSE(TextOf(reason).en().empty()) << reasons.value(i)->name();
  }
}

TEST(Errors, CarryReasonDomainFieldsAndAllRefusalsInBothLanguages) {
  partition::Refusals refusals;
  refusals.push_back(MakeRefusal(common::v1::REASON_OVER_TOTAL, "lines"));
  refusals.back().set_limit(7);
  refusals.back().set_value(9);
  refusals.push_back(MakeRefusal(common::v1::REASON_SKU_CLOSED, "lines[2].sku"));
  const google::rpc::Status status = ErrorOf(refusals);
  EXPECT_EQ(status.code(), static_cast<int>(absl::StatusCode::kFailedPrecondition));
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest fields;
  common::v1::RefusalDetails all;
  for (const auto& detail : status.details()) {
    EXPECT_TRUE(detail.UnpackTo(&info) || detail.UnpackTo(&fields) || detail.UnpackTo(&all) ||
                detail.Is<google::rpc::LocalizedMessage>());
  }
  EXPECT_EQ(info.reason(), "OVER_TOTAL");
  EXPECT_EQ(info.domain(), "sanyuan");
  ASSERT_EQ(fields.field_violations_size(), 2);
  EXPECT_EQ(fields.field_violations(1).field(), "lines[2].sku");
  ASSERT_EQ(all.refusals_size(), 2);
  EXPECT_EQ(all.refusals(0).limit(), 7);
  EXPECT_FALSE(all.texts(1).zh().empty());
}

TEST(Errors, SayWhenARetryHelps) {
  partition::Answer answer;
  answer.kind = partition::Answer::Kind::kOverloaded;
  const google::rpc::Status status = ErrorOf(answer);
  EXPECT_EQ(status.code(), static_cast<int>(absl::StatusCode::kResourceExhausted));
  google::rpc::RetryInfo retry;
  bool found = false;
  for (const auto& detail : status.details()) found = found || detail.UnpackTo(&retry);
  EXPECT_TRUE(found);
}

}  // namespace
}  // namespace sanyuan::rpc
