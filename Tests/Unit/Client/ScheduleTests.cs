using ChunkUpload.Agent;
using ChunkUpload.Cli;
using ChunkUpload.Cli.Agent;
using ChunkUpload.Tests.Support;

namespace ChunkUpload.Tests.Unit.Client;

/// <summary>Times, hours, networks and timetables of the agent.</summary>
public sealed class ScheduleTests
{
    // One hour before UTC, and from the last Sunday of March to that of October two.
    private static readonly TimeZoneInfo Zone = TimeZoneInfo.CreateCustomTimeZone(
        "test", TimeSpan.FromHours(1), "test", "test", "test summer",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                DateTime.MinValue.Date, DateTime.MaxValue.Date, TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);

    [Theory]
    [InlineData("21:59", false, "22:00")]
    [InlineData("22:00", true, "06:00")]
    [InlineData("03:00", true, "06:00")]
    [InlineData("06:00", false, "22:00")]
    public void Hours_may_lie_around_midnight(string clock, bool inside, string change)
    {
        var hours = Hours.Parse("22:00-06:00", out _)!;
        var local = new DateTime(2026, 1, 15) + TimeSpan.Parse(clock, null);
        Assert.Equal(inside, hours.Contains(local));
        Assert.Equal(change, hours.NextChange(local).ToString("HH:mm", null));
        Assert.InRange(hours.NextChange(local) - local, TimeSpan.FromTicks(1), TimeSpan.FromDays(1));
    }

    [Theory]
    [InlineData("22:00")]
    [InlineData("22:00-22:00")]
    [InlineData("22-6")]
    [InlineData("22:00-06:00-07:00")]
    public void Other_texts_are_no_hours(string text)
    {
        Assert.Null(Hours.Parse(text, out var fault));
        Assert.Contains("22:00-06:00", fault, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("6h", "2026-01-15T00:00:00Z", "2026-01-15T00:00:10Z", "2026-01-15T06:00:00Z")]
    [InlineData("6h", "2026-01-15T00:00:00Z", "2026-01-16T13:00:00Z", "2026-01-16T18:00:00Z")]
    [InlineData("02:00", "2026-01-15T01:00:00Z", "2026-01-15T01:00:10Z", "2026-01-16T01:00:00Z")]
    [InlineData("Sun-02:00", "2026-01-15T01:00:00Z", "2026-01-15T01:00:10Z", "2026-01-18T01:00:00Z")]
    // The clocks go from two to three: what has no time of its own comes at the first one that exists.
    [InlineData("02:30", "2026-03-28T01:30:00Z", "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z")]
    public void A_rhythm_catches_up_with_nothing(string every, string came, string now, string next) =>
        Assert.Equal(
            DateTimeOffset.Parse(next, null),
            Every.Parse(every, out _)!.Next(DateTimeOffset.Parse(came, null), DateTimeOffset.Parse(now, null), Zone));

    [Theory]
    [InlineData("0m")]
    [InlineData("30s")]
    [InlineData("h")]
    [InlineData("Xyz-02:00")]
    [InlineData("24:00")]
    public void Other_texts_are_no_rhythm(string text) => Assert.Null(Every.Parse(text, out _));

    [Fact]
    public void An_entry_waits_for_the_last_of_its_rules()
    {
        var entry = Entry(new Plan { Between = "22:00-06:00", NotMetered = true });
        Assert.Equal(At("21:00"), Of(entry, "12:00")!.Until);
        Assert.Equal("the network is metered", Of(entry, "22:30", isMetered: true)!.Reason);
        Assert.Null(Of(entry, "22:30", isMetered: null)!.Reason);
        Assert.Null(Of(entry, "22:30", isMetered: false)!.Reason);
        // It is looked at again when it has to stop.
        Assert.Equal(At("05:00").AddDays(1), Of(entry, "22:30")!.Until);
        Assert.Equal("its time has not come", Of(entry with { NotBefore = At("23:00") }, "22:30")!.Reason);
        Assert.Equal("broken", Of(entry with { RetryAt = At("23:00"), Fault = new Fault("network", "broken") }, "22:30")!.Reason);
    }

    [Fact]
    public void A_timetable_stops_and_a_deadline_ends_it()
    {
        var settings = new QueueSettings { Bandwidth = "08:00,stop 18:00,1M" };
        var entry = Entry(new Plan { Deadline = At("20:00") });
        var noon = Schedule.Of(entry, settings, At("11:00"), Zone, null);
        Assert.NotNull(noon.Reason);
        Assert.Equal(At("17:00"), noon.Until);
        Assert.Null(Schedule.Of(entry, settings, At("17:00"), Zone, null).Reason);
        Assert.Equal(At("20:00"), Schedule.Of(entry, settings, At("17:00"), Zone, null).Until);
        Assert.True(Schedule.Of(entry, settings, At("20:00"), Zone, null).IsOver);
        Assert.NotNull(Schedule.Of(entry, settings with { IsPaused = true }, At("18:00"), Zone, null).Reason);
    }

    [Fact]
    public void A_time_is_a_clock_a_date_or_a_span()
    {
        var time = new ManualTime();
        var now = time.GetLocalNow();
        Assert.Equal(now + TimeSpan.FromHours(2), Background.Time("2h", time));
        Assert.Equal(now + TimeSpan.FromMinutes(90), Background.Time("+1.5h", time));
        Assert.Equal(now.DateTime.Date.AddDays(now.DateTime.TimeOfDay < TimeSpan.FromHours(22) ? 0 : 1).AddHours(22),
            Background.Time("22:00", time)!.Value.DateTime);
        Assert.Equal(new DateTime(2026, 12, 24, 18, 0, 0), Background.Time("2026-12-24 18:00", time)!.Value.DateTime);
        Assert.Equal(DateTimeOffset.Parse("2026-12-24T18:00:00Z", null), Background.Time("2026-12-24T18:00:00Z", time));
        Assert.Null(Background.Time(null, time));
        Assert.Throws<UsageException>(() => Background.Time("soon", time));
    }

    [Theory]
    [InlineData("yes", true)]
    [InlineData("yes (guessed)", true)]
    [InlineData("no", false)]
    [InlineData("no (guessed)", false)]
    [InlineData("unknown", null)]
    public void The_device_of_the_default_route_decides_what_is_metered(string word, bool? metered)
    {
        string[] routes =
        [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "wwan0\t00000000\t0100A8C0\t0003\t0\t0\t700\t00000000\t0\t0\t0",
            "wlan0\t00000000\t0100A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0",
            "wlan0\t0000A8C0\t00000000\t0001\t0\t0\t600\t00FFFFFF\t0\t0\t0",
        ];
        var device = Network.DefaultDevice(routes);
        Assert.Equal("wlan0", device);
        Assert.Equal(metered, Network.Read(
            $"GENERAL.DEVICE:wwan0\nGENERAL.METERED:yes\n\nGENERAL.DEVICE:wlan0\nGENERAL.METERED:{word}\n", device));
        Assert.Null(Network.Read("", device));
        Assert.Null(Network.DefaultDevice(routes[..1]));
    }

    private static DateTimeOffset At(string clock) => new(DateTime.Parse("2026-01-15", null) + TimeSpan.Parse(clock, null), TimeSpan.Zero);

    private static Verdict Of(QueueEntry entry, string clock, bool? isMetered = false) =>
        Schedule.Of(entry, new QueueSettings(), At(clock) - TimeSpan.FromHours(1), Zone, isMetered);

    private static QueueEntry Entry(Plan plan) => new()
    {
        Id = 1,
        Rank = 1,
        Work = new QueuedWork { IsUp = true, Local = "/a", Url = "https://files.example" },
        Plan = plan,
        AddedAt = DateTimeOffset.UnixEpoch,
    };
}
