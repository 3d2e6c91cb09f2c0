using System.Globalization;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>
/// A control group (version 2) whose CPU time counts every process that was ever in it, to the microsecond. It needs no controller, only a
/// writable hierarchy.
/// </summary>
internal sealed class ControlGroup : IAsyncDisposable
{
    private const int Tries = 100;

    private static readonly TimeSpan BetweenTries = TimeSpan.FromMilliseconds(20);

    private static int _made;

    private readonly string _folder;

    private ControlGroup(string folder) => _folder = folder;

    public string ProcessesFile => Path.Combine(_folder, "cgroup.procs");

    public IReadOnlyList<int> Processes => [.. File.ReadLines(ProcessesFile).Select(line => int.Parse(line, CultureInfo.InvariantCulture))];

    /// <exception cref="BenchException">This machine or user may not create a control group.</exception>
    public static ControlGroup Create()
    {
        var root = File.ReadLines("/proc/mounts").Select(line => line.Split(' ')).FirstOrDefault(mount => mount[2] == "cgroup2")?[1]
            ?? throw new BenchException("No cgroup2 is mounted, so nothing counts the CPU time of ended processes.");
        var folder = Path.Combine(root, $"chunkupload-bench-{Environment.ProcessId}-{Interlocked.Increment(ref _made)}");
        try
        {
            _ = Directory.CreateDirectory(folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new BenchException(
                $"{folder} cannot be made ({e.Message}): the peers are measured by root, who may write control groups.");
        }

        return new ControlGroup(folder);
    }

    public void Add(int process) => File.WriteAllText(ProcessesFile, process.ToString(CultureInfo.InvariantCulture));

    /// <summary>The CPU time so far in seconds.</summary>
    public (double User, double System) CpuSeconds()
    {
        var facts = File.ReadLines(Path.Combine(_folder, "cpu.stat")).Select(line => line.Split(' '))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return (Seconds("user_usec"), Seconds("system_usec"));

        double Seconds(string name) => long.Parse(facts[name], CultureInfo.InvariantCulture) / 1e6;
    }

    public async ValueTask DisposeAsync()
    {
        // A process leaves its group a moment after its parent has waited for it.
        for (var left = Tries; ; left--)
        {
            try
            {
                Directory.Delete(_folder);
                return;
            }
            catch (IOException e)
            {
                if (left == 0)
                {
                    await Console.Error.WriteLineAsync($"  {_folder} is still in use and stays: {e.Message}");
                    return;
                }
            }

            await Task.Delay(BetweenTries, TimeProvider.System);
        }
    }
}
