namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>Amounts of bytes in sentences for people.</summary>
public sealed class ByteTextTests
{
    [Theory]
    [InlineData(0, "0 bytes")]
    [InlineData(1023, "1023 bytes")]
    [InlineData(1024, "1 KiB")]
    [InlineData(1536, "1.5 KiB")]
    [InlineData((1L << 30) - 1, "1023.99 MiB")]
    [InlineData(5L << 30, "5 GiB")]
    [InlineData(long.MaxValue, "7.99 EiB")]
    public void Amounts_have_a_unit_and_are_never_rounded_up(long bytes, string text) => Assert.Equal(text, ByteText.Of(bytes));

    [Fact]
    public void A_full_quota_is_told_in_units_and_a_full_number_of_files_is_not()
    {
        Assert.Equal(
            "The user may have 2 GiB and has 1.5 GiB; delete files, also from the trash, or ask for a higher limit.",
            new QuotaExcess("user", "storedBytes", 2L << 30, 3L << 29).ToFailure(null).Detail);
        Assert.Equal(
            "The user may have 1024 files and has 1024; delete files, also from the trash, or ask for a higher limit.",
            new QuotaExcess("user", "files", 1024, 1024).ToFailure(null).Detail);
    }
}
