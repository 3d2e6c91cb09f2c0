namespace ChunkUpload.Tests.Unit.Uploads;

public sealed class UploadIdTests
{
    [Fact]
    public void An_id_is_128_random_bits_and_nothing_else_is_one()
    {
        var (ever, always) = (UInt128.Zero, UInt128.MaxValue);
        for (var i = 0; i < 1000; i++)
        {
            var text = UploadId.New().ToString();
            Assert.True(UploadId.TryParse(text, out var id));
            Assert.Equal(text, id.ToString());
            var bits = UInt128.Parse(text, System.Globalization.NumberStyles.AllowHexSpecifier, null);
            (ever, always) = (ever | bits, always & bits);
        }

        // No bit is the same in all of them.
        Assert.Equal((UInt128.MaxValue, UInt128.Zero), (ever, always));
        foreach (var other in new[] { null, "", "0", new string('A', 32), new string('g', 32), new string('0', 31), new string('0', 33),
            $" {new string('0', 31)}" })
            Assert.False(UploadId.TryParse(other, out _), other);
    }
}
