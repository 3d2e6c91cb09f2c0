namespace ChunkUpload.Tests.Unit.Uploads;

public sealed class SpeedMeterTests
{
    private readonly SpeedMeter _meter = new();

    [Fact]
    public void Speed_is_unknown_before_the_first_byte()
    {
        _meter.Add(5, 0);
        Assert.Equal(default, _meter.At(6));
    }

    [Fact]
    public void A_steady_upload_has_one_speed()
    {
        Send(from: 100, seconds: 30, perSecond: 1000);
        var speed = _meter.At(130);
        Assert.InRange(speed.Current!.Value, 900, 1100);
        Assert.InRange(speed.Average!.Value, 990, 1040);
        Assert.InRange(speed.Peak!.Value, 990, 1200);
    }

    [Fact]
    public void A_night_without_a_byte_changes_neither_average_nor_the_speed_after_it()
    {
        Send(from: 100, seconds: 30, perSecond: 1000);
        Assert.Equal(0, _meter.At(60_000).Current);
        Send(from: 100_000, seconds: 4, perSecond: 1000);
        var speed = _meter.At(100_004);
        Assert.InRange(speed.Current!.Value, 900, 1300);
        Assert.InRange(speed.Average!.Value, 990, 1040);
    }

    [Fact]
    public void The_current_speed_follows_and_the_peak_stays()
    {
        Send(from: 0, seconds: 20, perSecond: 5000);
        Send(from: 20, seconds: 20, perSecond: 100);
        var speed = _meter.At(40);
        Assert.InRange(speed.Current!.Value, 80, 130);
        Assert.InRange(speed.Average!.Value, 2400, 2700);
        Assert.InRange(speed.Peak!.Value, 4900, 6000);
    }

    [Fact]
    public void A_megabyte_in_a_millisecond_is_no_current_speed_of_a_gigabyte()
    {
        _meter.Add(10, 0);
        _meter.Add(10.001, 1 << 20);
        Assert.Equal(1 << 20, _meter.At(10.002).Current);
    }

    private void Send(int from, int seconds, long perSecond)
    {
        _meter.Add(from, 0);
        for (var tenth = 1; tenth <= seconds * 10; tenth++)
            _meter.Add(from + (tenth / 10.0), perSecond / 10);
    }
}
