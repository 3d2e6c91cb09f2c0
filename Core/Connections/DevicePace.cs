namespace ChunkUpload.Core.Connections;

/// <summary>How long to wait before a provider is asked about a device code again (RFC 8628).</summary>
internal sealed class DevicePace
{
    /// <summary>What is added when the provider says that it is asked too often.</summary>
    private static readonly TimeSpan Slower = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan ShortestInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMinutes(1);

    private TimeSpan _interval;

    public DevicePace(TimeSpan interval) => Pause = _interval = interval < ShortestInterval ? ShortestInterval : interval;

    public TimeSpan Pause { get; private set; }

    /// <summary>A provider that does not answer is asked less and less often, until it does.</summary>
    public void After(DeviceAnswer answer)
    {
        if (answer.IsTooOften)
            _interval += Slower;
        Pause = !answer.IsAway ? _interval : Pause * 2 < LongestPause ? Pause * 2 : Pause < LongestPause ? LongestPause : Pause;
    }
}
