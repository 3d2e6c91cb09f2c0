using ChunkUpload.Emulators.Control;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Units and requests by account and minute, and bytes by account and day, all by the emulator's clock.</summary>
internal sealed class DriveLimits(EmulatorContext context)
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Day = TimeSpan.FromHours(24);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Window> _windows = [];

    /// <summary>Refuses a call that goes above what the account may do in a minute. Refused calls count as well.</summary>
    public void Count(string account, int units)
    {
        var tooMany = Exceeds("units:" + account, units, "unitsPerMinute", Minute);
        if (Exceeds("queries:" + account, 1, "queriesPerMinute", Minute) || tooMany)
            throw Throttled();
    }

    /// <summary>The 750 GB a day: Drive answers as to a caller that is too fast, and goes on with it for a day.</summary>
    public void RequireUploadAllowance(string account)
    {
        if (context.Switches.Limit("dailyUploadBytes") is { } most && Current("up:" + account, Day) >= most)
            throw new DriveException(403, "userRateLimitExceeded", "User rate limit exceeded.");
    }

    public void CountUpload(string account, long bytes) => Add("up:" + account, bytes, Day);

    public void RequireDownloadAllowance(string account)
    {
        if (context.Switches.Limit("dailyDownloadBytes") is { } most && Current("down:" + account, Day) >= most)
            throw DriveException.Because("downloadQuotaExceeded");
    }

    public void CountDownload(string account, long bytes) => Add("down:" + account, bytes, Day);

    public void Reset()
    {
        lock (_gate)
            _windows.Clear();
    }

    private DriveException Throttled() => context.Switches.Number("throttleStatus") == 429
        ? new DriveException(429, "rateLimitExceeded", "Rate Limit Exceeded")
        : DriveException.Because("userRateLimitExceeded");

    private bool Exceeds(string name, long amount, string limit, TimeSpan length) =>
        context.Switches.Limit(limit) is { } most && Add(name, amount, length) > most;

    private long Current(string name, TimeSpan length) => Add(name, 0, length);

    private long Add(string name, long amount, TimeSpan length)
    {
        var now = context.Clock.GetUtcNow();
        lock (_gate)
        {
            if (!_windows.TryGetValue(name, out var window) || window.Began + length <= now)
                _windows[name] = window = new Window(now);
            return window.Sum += amount;
        }
    }

    private sealed class Window(DateTimeOffset began)
    {
        public DateTimeOffset Began => began;

        public long Sum { get; set; }
    }
}
