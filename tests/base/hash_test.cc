#include "base/hash.h"

#include <gtest/gtest.h>

namespace perdure {
namespace {

TEST(Hash, sha256_of_the_known_vectors) {
  EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

// RFC 4231, test case 2, and a key longer than a block (test case 6).
TEST(Hash, hmac_of_the_rfc_vectors) {
  EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'),
                            "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Hash, digest_by_name) {
  EXPECT_EQ(digest_hex("MD5", "abc"), "900150983cd24fb0d6963f7d28e17f72");
  EXPECT_EQ(digest_hex("SHA-1", "abc"), "a9993e364706816aba3e25717850c26c9cd0d89d");
  EXPECT_EQ(digest_hex("SHA-256", "abc"), hex(sha256("abc")));
  EXPECT_EQ(digest_hex("SHA-384", "")->size(), 96u);
  EXPECT_EQ(digest_hex("SHA-512", "")->substr(0, 16), "cf83e1357eefb8bd");
  EXPECT_EQ(digest_hex("sha256", "abc"), std::nullopt);
}

TEST(Hash, base64_of_every_length) {
  EXPECT_EQ(base64_encode(""), "");
  EXPECT_EQ(base64_encode("f"), "Zg==");
  EXPECT_EQ(base64_encode("fo"), "Zm8=");
  EXPECT_EQ(base64_encode("foo"), "Zm9v");
  EXPECT_EQ(base64_encode("\xfb\xff\xfe"), "+//+");
  EXPECT_EQ(base64url_encode("\xfb\xff\xfe"), "-__-");
  EXPECT_EQ(base64url_encode("f"), "Zg");
}

TEST(Hash, base64_decodes_what_it_encoded) {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(base64_decode(base64_encode(bytes)), bytes);
    EXPECT_EQ(base64url_decode(base64url_encode(bytes)), bytes);
    bytes.push_back(static_cast<char>(i * 7));
  }
}

TEST(Hash, base64_refuses_what_is_not_base64) {
  EXPECT_EQ(base64_decode("Zg"), "f");
  for (const char* wrong :
       {"Z", "Zg=", "Zg===", "=", "====", "Z*==", "Zg==Zg==", "-_-_", "Zm9v\n"}) {
    EXPECT_EQ(base64_decode(wrong), std::nullopt) << wrong;
  }
  EXPECT_EQ(base64url_decode("+/+/"), std::nullopt);
}

}  // namespace
}  // namespace perdure
