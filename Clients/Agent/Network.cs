using System.Diagnostics;

namespace ChunkUpload.Agent;

/// <summary>
/// Whether this machine's network is paid by the byte, as far as the system tells: NetworkManager does, by its program. Asked at most twice
/// a minute, and only while an entry wants to know.
/// </summary>
internal sealed class Network(Func<Task<bool?>> ask, TimeProvider time)
{
    private const string Program = "nmcli";
    private const string Routes = "/proc/net/route";

    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private long? _lookedAt;

    /// <summary>Called when it has been found out.</summary>
    public event Action? Answered;

    /// <summary>Null if unknown.</summary>
    public bool? IsMetered { get; private set; }

    /// <summary>Gets a value that indicates whether the state was determined at least once.</summary>
    public bool HasAnswered { get; private set; }

    public void Look()
    {
        lock (_gate)
        {
            if (_lookedAt is { } at && time.GetElapsedTime(at) < Fresh)
                return;
            _lookedAt = time.GetTimestamp();
        }

        var answer = ask();
        if (answer.IsCompleted)
            Take(answer);
        else
            _ = answer.ContinueWith(Take, TaskScheduler.Default);

        void Take(Task<bool?> asked)
        {
            IsMetered = asked.IsCompletedSuccessfully ? asked.Result : null;
            HasAnswered = true;
            Answered?.Invoke();
        }
    }

    /// <summary>Asks NetworkManager about the device of the default route.</summary>
    public static async Task<bool?> AskAsync()
    {
        if (!OperatingSystem.IsLinux())
            return null;
        using var end = new CancellationTokenSource(Patience);
        try
        {
            using var process = Process.Start(new ProcessStartInfo(
                Program, ["--terse", "--fields", "GENERAL.DEVICE,GENERAL.METERED", "device", "show"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                Environment = { ["LC_ALL"] = "C" },
            })!;
            var output = await process.StandardOutput.ReadToEndAsync(end.Token);
            await process.WaitForExitAsync(end.Token);
            return process.ExitCode == 0 ? Read(output, DefaultDevice(await File.ReadAllLinesAsync(Routes, end.Token))) : null;
        }
        catch (Exception failure) when (failure is System.ComponentModel.Win32Exception or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    /// <summary>Returns the device of the default route: destination 0 with the lowest metric.</summary>
    public static string? DefaultDevice(IEnumerable<string> routes) => routes
        .Select(line => line.Split('\t', StringSplitOptions.TrimEntries))
        .Where(fields => fields is [_, "00000000", _, _, _, _, _, ..])
        .OrderBy(fields => int.TryParse(fields[6], out var metric) ? metric : int.MaxValue)
        .FirstOrDefault()?[0];

    /// <summary>Parses the answer of NetworkManager for a device, such as "yes" or "no (guessed)".</summary>
    public static bool? Read(string output, string? device)
    {
        string? current = null;
        foreach (var line in output.Split('\n'))
        {
            if (line.Split(':', 2) is not [var field, var value])
                continue;
            if (field == "GENERAL.DEVICE")
                current = value.Trim();
            else if (field == "GENERAL.METERED" && current == device && device is not null)
                return value.Split(' ')[0] switch { "yes" => true, "no" => false, _ => null };
        }

        return null;
    }
}
