#pragma once
#include "base/json.h"
#include "tests/pch.h"
