namespace ChunkUpload.Core.Connections;

/// <summary>The interval at which a provider is polled for a device code (RFC 8628).</summary>
internal sealed class DevicePace
{
    /// <summary>The time that is added to the interval if the provider responds with <c>slow_down</c>.</summary>
    private static readonly TimeSpan Slower = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private TimeSpan _interval;

    public DevicePace(TimeSpan interval) => Pause = _interval = interval < ShortestInterval ? ShortestInterval : interval;

    public TimeSpan Pause { get; private set; }

    /// <summary>Adjusts the interval. A provider that does not respond is polled less and less often.</summary>
    public void After(DeviceAnswer answer)
    {
        if (answer.IsTooOften)
            _interval += Slower;
        Pause = !answer.IsAway ? _interval : Pause * 2 < LongestPause ? Pause * 2 : Pause < LongestPause ? LongestPause : Pause;
    }
}
