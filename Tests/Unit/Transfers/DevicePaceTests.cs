using ChunkUpload.Core.Connections;

namespace ChunkUpload.Tests.Unit.Transfers;

/// <summary>How often a provider is asked whether a code was entered.</summary>
public sealed class DevicePaceTests
{
    [Fact]
    public void The_providers_interval_holds_and_grows_by_five_seconds_each_time_it_asks_for_that()
    {
        var pace = new DevicePace(TimeSpan.FromSeconds(5));
        Assert.Equal(
            [5, 5, 10, 10, 15, 15],
            Seconds(pace, DeviceAnswer.Pending, DeviceAnswer.TooOften, DeviceAnswer.Pending, DeviceAnswer.TooOften, DeviceAnswer.Pending));
    }

    [Fact]
    public void A_provider_that_does_not_answer_is_asked_less_and_less_often_until_it_does()
    {
        var pace = new DevicePace(TimeSpan.FromSeconds(5));
        var away = Enumerable.Repeat(DeviceAnswer.Away, 6);
        Assert.Equal([5, 10, 20, 40, 60, 60, 60, 5], Seconds(pace, [.. away, DeviceAnswer.Pending]));
    }

    [Fact]
    public void A_provider_that_names_no_interval_is_asked_once_a_second_and_a_long_interval_is_kept()
    {
        Assert.Equal([1, 1], Seconds(new DevicePace(TimeSpan.Zero), DeviceAnswer.Pending));
        Assert.Equal([90, 90], Seconds(new DevicePace(TimeSpan.FromSeconds(90)), DeviceAnswer.Away));
    }

    private static List<double> Seconds(DevicePace pace, params DeviceAnswer[] answers)
    {
        var pauses = new List<double> { pace.Pause.TotalSeconds };
        foreach (var answer in answers)
        {
            pace.After(answer);
            pauses.Add(pace.Pause.TotalSeconds);
        }

        return pauses;
    }
}
