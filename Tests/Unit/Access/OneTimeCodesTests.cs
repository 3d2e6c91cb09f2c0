using System.Text;
using ChunkUpload.Core.Access;

namespace ChunkUpload.Tests.Unit.Access;

public sealed class OneTimeCodesTests
{
    private static readonly byte[] Secret = Encoding.ASCII.GetBytes("12345678901234567890");

    /// <summary>RFC 6238, appendix B, and RFC 4226, appendix D, for the first steps.</summary>
    [Theory]
    [InlineData(59, "94287082")]
    [InlineData(1111111109, "07081804")]
    [InlineData(1111111111, "14050471")]
    [InlineData(1234567890, "89005924")]
    [InlineData(2000000000, "69279037")]
    [InlineData(20000000000, "65353130")]
    public void Codes_are_those_of_the_standard(long seconds, string code) =>
        Assert.Equal(code, OneTimeCodes.Code(Secret, OneTimeCodes.StepAt(DateTimeOffset.FromUnixTimeSeconds(seconds)), digits: 8));

    [Theory]
    [InlineData(0, "755224")]
    [InlineData(1, "287082")]
    [InlineData(9, "520489")]
    public void A_code_has_six_digits(long step, string code) => Assert.Equal(code, OneTimeCodes.Code(Secret, step));

    [Fact]
    public void A_code_counts_once_and_a_clock_may_be_a_step_off()
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(3000);
        var step = OneTimeCodes.StepAt(now);
        foreach (var near in new[] { step - 1, step, step + 1 })
            Assert.Equal(near, OneTimeCodes.Match(Secret, OneTimeCodes.Code(Secret, near), now, last: 0));
        Assert.Null(OneTimeCodes.Match(Secret, OneTimeCodes.Code(Secret, step), now, last: step));
        Assert.Null(OneTimeCodes.Match(Secret, OneTimeCodes.Code(Secret, step - 2), now, last: 0));
        Assert.Null(OneTimeCodes.Match(Secret, OneTimeCodes.Code(Secret, step + 2), now, last: 0));
        foreach (var wrong in new[] { "", "0", "abcdef", OneTimeCodes.Code(Secret, step) + "0" })
            Assert.Null(OneTimeCodes.Match(Secret, wrong, now, last: 0));
    }

    /// <summary>RFC 4648, section 10, without padding.</summary>
    [Theory]
    [InlineData("", "")]
    [InlineData("f", "MY")]
    [InlineData("fo", "MZXQ")]
    [InlineData("foo", "MZXW6")]
    [InlineData("foob", "MZXW6YQ")]
    [InlineData("fooba", "MZXW6YTB")]
    [InlineData("foobar", "MZXW6YTBOI")]
    public void A_secret_is_written_as_apps_read_it(string text, string base32) =>
        Assert.Equal(base32, OneTimeCodes.Base32(Encoding.ASCII.GetBytes(text)));

    [Fact]
    public void Recovery_codes_are_long_and_differ()
    {
        var codes = RecoveryCodes.New();
        Assert.Equal(RecoveryCodes.Count, codes.Distinct().Count());
        Assert.All(codes, code => Assert.Matches("^[a-z2-9]{5}-[a-z2-9]{5}$", code));
        Assert.Equal(RecoveryCodes.Hash(codes[0]), RecoveryCodes.Hash($" {codes[0].ToUpperInvariant()} "));
    }
}
