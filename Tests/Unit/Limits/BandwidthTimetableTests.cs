using System.Globalization;
using ChunkUpload.Wire;

namespace ChunkUpload.Tests.Unit.Limits;

/// <summary>A bandwidth over the week: which entry holds when, and what is refused.</summary>
public sealed class BandwidthTimetableTests
{
    private const long K = 1 << 10, M = 1 << 20;

    // 2026-11-23 is a Monday.
    [Theory]
    [InlineData("08:00,512k 18:00,10M 23:00,off", "2026-11-23T07:59", null)]
    [InlineData("08:00,512k 18:00,10M 23:00,off", "2026-11-23T08:00", 512 * K)]
    [InlineData("08:00,512k 18:00,10M 23:00,off", "2026-11-23T17:59:59", 512 * K)]
    [InlineData("08:00,512k 18:00,10M 23:00,off", "2026-11-23T18:00", 10 * M)]
    [InlineData("08:00,512k 18:00,10M 23:00,off", "2026-11-24T00:00", null)]
    [InlineData("Mon-00:00,512k Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "2026-11-23T00:00", 512 * K)]
    [InlineData("Mon-00:00,512k Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "2026-11-28T09:59", 10 * M)]
    [InlineData("Mon-00:00,512k Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "2026-11-29T19:59", 1 * M)]
    [InlineData("Mon-00:00,512k Fri-23:59,10M Sat-10:00,1M Sun-20:00,off", "2026-11-29T23:59", null)]
    [InlineData("Wed-12:00,1M", "2026-11-23T00:00", 1 * M)]
    [InlineData("Mon-00:00,512k 12:00,1M Sun-12:00,off", "2026-11-24T12:00", 1 * M)]
    [InlineData("Mon-00:00,512k 12:00,1M Sun-12:00,off", "2026-11-29T13:00", null)]
    [InlineData("mon-8:05,1.5M", "2026-11-23T08:05", 3 * M / 2)]
    [InlineData("20M", "2026-11-23T03:00", 20 * M)]
    [InlineData("off", "2026-11-23T03:00", null)]
    [InlineData("100000", "2026-11-23T03:00", 100_000L)]
    public void The_last_entry_before_a_time_of_the_week_holds(string text, string time, long? rate)
    {
        var timetable = BandwidthTimetable.Parse(text, out var fault);
        Assert.Null(fault);
        Assert.Equal(rate, timetable!.At(DateTime.Parse(time, CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("", "\"\" is not a bandwidth")]
    [InlineData("fast", "\"fast\" is not a bandwidth")]
    [InlineData("0", "\"0\" is not a bandwidth")]
    [InlineData("1k", "from 8k on")]
    [InlineData("-1M", "\"-1M\" is not a bandwidth")]
    [InlineData("99999999999G", "is not a bandwidth")]
    [InlineData("08:00,512x", "\"512x\" is not a bandwidth")]
    [InlineData("08:00,512k 25:00,1M", "\"25:00\" is not a time")]
    [InlineData("08:00,512k 18:00", "\"18:00\" is not an entry")]
    [InlineData("Foo-08:00,512k", "\"Foo\" is not a weekday")]
    [InlineData("08:00,512k 8:00,1M", "\"8:00,1M\" repeats the time of another entry")]
    public void A_fault_is_told_in_a_sentence(string text, string sentence)
    {
        Assert.Null(BandwidthTimetable.Parse(text, out var fault));
        Assert.Contains(sentence, fault);
        Assert.EndsWith(".", fault);
    }

    [Fact]
    public void A_long_text_is_refused()
    {
        Assert.Null(BandwidthTimetable.Parse(new string('1', BandwidthTimetable.MostCharacters + 1), out var fault));
        Assert.NotNull(fault);
    }
}
