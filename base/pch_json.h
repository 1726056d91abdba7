#pragma once
// Precompiled for the folders in which most files read or write JSON.
#include "base/json.h"
#include "base/pch.h"
