using ChunkUpload.Api.Tus.Wire;
using Microsoft.Extensions.Primitives;

namespace ChunkUpload.Tests.Unit.Tus;

public sealed class NumberFieldTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("5", 5)]
    [InlineData("007", 7)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Reads_digits(string text, long number)
    {
        Assert.Equal(FieldStatus.Found, NumberField.Read(text, out var read));
        Assert.Equal(number, read);
    }

    [Theory]
    [InlineData("")]
    [InlineData("+5")]
    [InlineData("-1")]
    [InlineData("1 0")]
    [InlineData(" 5")]
    [InlineData("0x10")]
    [InlineData("1.0")]
    [InlineData("1e3")]
    [InlineData("5, 5")]
    [InlineData("9223372036854775808")]
    [InlineData("٥")]
    [InlineData("NaN")]
    public void Refuses_everything_else(string text) => Assert.Equal(FieldStatus.Malformed, NumberField.Read(text, out _));

    [Fact]
    public void Refuses_two_lines_even_when_they_agree() =>
        Assert.Equal(FieldStatus.Contradictory, NumberField.Read(new StringValues(["5", "5"]), out _));

    [Fact]
    public void Tells_that_there_is_none() => Assert.Equal(FieldStatus.Absent, NumberField.Read(StringValues.Empty, out _));

    [Theory]
    [InlineData("1", true)]
    [InlineData("0", false)]
    [InlineData("2", false)]
    [InlineData("true", false)]
    [InlineData("", false)]
    [InlineData("01", false)]
    public void Defers_the_length_with_1_alone(string text, bool defers) =>
        Assert.Equal(defers ? FieldStatus.Found : FieldStatus.Malformed, DeferLengthField.Read(text));

    [Fact]
    public void Refuses_to_defer_twice() => Assert.Equal(FieldStatus.Contradictory, DeferLengthField.Read(new StringValues(["1", "1"])));
}
