#pragma once
namespace perdure::asl {

struct SucceedState {};  // InputPath and OutputPath are in StateCommon

}  // namespace perdure::asl
