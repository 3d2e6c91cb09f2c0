using ChunkUpload.Api.Hosting;
using Microsoft.Extensions.Logging;

namespace ChunkUpload.Tests.Unit.Hosting;

public sealed class SettingTextTests
{
    [Theory]
    [InlineData("0", 0L)]
    [InlineData("-1", -1L)]
    [InlineData("8MiB", 8L << 20)]
    [InlineData("8 mib", 8L << 20)]
    [InlineData("1TiB", 1L << 40)]
    [InlineData("512B", 512L)]
    [InlineData("9223372036854775807", long.MaxValue)]
    public void Reads_sizes(string text, long expected) => Assert.Equal(expected, Parse<long>(text));

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    [InlineData("1.5MiB")]
    [InlineData("8MB")]
    [InlineData("9223372036854775808")]
    [InlineData("9223372036854775807KiB")]
    public void Refuses_an_invalid_size(string text) => Assert.Null(Parse<long>(text));

    [Theory]
    [InlineData("2147483648")]
    [InlineData("2GiB")]
    public void Refuses_an_int_that_overflows(string text) => Assert.Null(Parse<int>(text));

    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10s", 10_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("5m", 300_000)]
    [InlineData("24h", 86_400_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData("00:00:02", 2_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("0s", 0)]
    [InlineData("0", 0)]
    public void Reads_times(string text, long milliseconds) => Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), Parse<TimeSpan>(text));

    [Theory]
    [InlineData("10")]
    [InlineData("s")]
    [InlineData("10 years")]
    [InlineData("99999999999999d")]
    [InlineData("10675200d")]
    public void Refuses_an_invalid_time(string text) => Assert.Null(Parse<TimeSpan>(text));

    [Fact]
    public void Reads_names_of_an_enum_and_no_numbers()
    {
        Assert.Equal(LogLevel.Debug, Parse<LogLevel>("debug"));
        Assert.Null(Parse<LogLevel>("1"));
        Assert.Null(Parse<LogLevel>("Debug,Trace"));
    }

    [Fact]
    public void Reads_an_empty_text_as_not_set_where_that_is_allowed()
    {
        Assert.True(SettingText.TryParse(typeof(TimeSpan?), "", out var value, out _));
        Assert.Null(value);
        Assert.False(SettingText.TryParse(typeof(TimeSpan), "", out _, out _));
    }

    [Fact]
    public void Reads_lists()
    {
        Assert.True(SettingText.TryParse(typeof(string[]), " a, b;c ,", out var value, out _));
        Assert.Equal(["a", "b", "c"], Assert.IsType<string[]>(value));
    }

    private static T? Parse<T>(string text)
        where T : struct => SettingText.TryParse(typeof(T), text, out var value, out _) ? (T?)value : null;
}
