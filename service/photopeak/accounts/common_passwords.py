"""Long passwords that are tried first: those of known lists, and those of this trade."""

_WORDS = """
012345678901 0123456789012 098765432109 111111111111 112233445566 121212121212 123123123123
123321123321 1234512345 123456123456 1234567890 12345678900987654321 123456789012 1234567890123
12345678910 123456789123 1234qwer1234 1234qwerasdf 1q2w3e4r5t6y 1q2w3e4r5t6y7u 1qaz1qaz1qaz
1qaz2wsx3edc 1qazxsw23edc a123456789a aa1234567890 abc123456789 abcd12345678 abcdefgh1234
abcdefghijkl admin1234567 administrator administrator1 asdfasdfasdf asdfghjkl123 baseball1234
basketball changeme1234 changemechangeme changemenow correcthorsebatterystaple football1234
footballfootball hospital1234 iloveyou1234 iloveyouforever iloveyouiloveyou internet1234
letmein12345 letmeinletmein liverpool123 manchester1 michael12345 monkey123456 newpassword1
p@ssw0rd1234 p@ssword1234 passw0rd1234 password1234 password12345 password123456
password@123 passwordpassword princess1234 q1w2e3r4t5y6 qazwsxedcrfv qazwsxedc123
qwer1234qwer qwerty123456 qwertyqwerty qwertyuiop12 qwertyuiop123 qwertyuiopasdf
rememberme12 samsung12345 secret123456 starwars1234 sunshine1234 superman1234 testtesttest
trustno11111 welcome12345 welcome2hell welcomewelcome woaini1314520 woaini520520 woaiwoaiwoai
zaq12wsxcde3 zxcvbnm12345 zxcvbnmasdfgh
collimator123 cyclotron123 gammacamera gammacamera1 gammacamera123 gamma-camera medicalphysics
medical-physics nuclearmed123 nuclearmedicine nuclear-medicine orthanc12345 photopeak123
photopeak1234 photopeakphotopeak qualitycontrol quality-control radiology123 radiology1234
radiopharmacy symbia123456 technetium99m technetium-99m
"""

COMMON_PASSWORDS = frozenset(_WORDS.split())
"""Folded to lower case."""
