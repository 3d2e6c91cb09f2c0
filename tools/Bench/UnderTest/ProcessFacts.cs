using System.Globalization;

namespace ChunkUpload.Bench.UnderTest;

/// <summary>Reads the figures of a process from /proc.</summary>
internal static class ProcessFacts
{
    // kthreadd, the parent of all threads of the kernel.
    private const string KernelParent = "2";

    /// <summary>The most memory that was resident at any moment (VmHWM).</summary>
    public static long PeakBytes(int process) => StatusBytes(process, "VmHWM:");

    /// <summary>Lets <see cref="PeakBytes"/> begin anew (<c>clear_refs</c> in proc(5)).</summary>
    public static void ResetPeak(int process) => File.WriteAllText($"/proc/{process}/clear_refs", "5");

    public static long ResidentBytes(int process) => StatusBytes(process, "VmRSS:");

    /// <summary>Resident memory with each shared page divided by its number of users; 0 for a process that has ended.</summary>
    public static long ProportionalBytes(int process) => Number(Read($"/proc/{process}/smaps_rollup"), "Pss:") * 1024;

    /// <summary>Bytes returned by read calls; 0 for a process that has ended.</summary>
    public static long ReadBytes(int process) => Number(Read($"/proc/{process}/io"), "rchar:");

    /// <summary>Bytes written by write calls and copies within the kernel; send does not count.</summary>
    public static long WrittenBytes(int process) => Number(Read($"/proc/{process}/io"), "wchar:");

    public static long Threads(int process) => Number(Read($"/proc/{process}/status"), "Threads:");

    /// <summary>CPU seconds of each kernel thread by its id; empty where they are not visible, as in a container.</summary>
    public static IReadOnlyDictionary<int, double> KernelThreads() => Read($"/proc/{KernelParent}/comm") != "kthreadd\n"
        ? new()
        : Directory.EnumerateDirectories("/proc")
        .Select(folder => int.TryParse(Path.GetFileName(folder), CultureInfo.InvariantCulture, out var process) ? process : 0)
        .Where(process => process > 0 && Stat(process) is { Length: > 1 } fields && fields[1] == KernelParent)
        .Select(process => (process, Times: Read($"/proc/{process}/schedstat").Split(' ')))
        .Where(thread => thread.Times.Length == 3)
        .ToDictionary(thread => thread.process, thread => long.Parse(thread.Times[0], CultureInfo.InvariantCulture) / 1e9);

    // The fields of proc_pid_stat(5) from the third on; the name in parentheses may contain anything.
    private static string[] Stat(int process)
    {
        var text = Read($"/proc/{process}/stat");
        return text.Length == 0 ? [] : text[(text.LastIndexOf(')') + 2)..].Split(' ');
    }

    private static long StatusBytes(int process, string name) => Number(Read($"/proc/{process}/status"), name) * 1024;

    private static long Number(string text, string name) =>
        text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? long.Parse(line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            : 0;

    private static string Read(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The process has ended.
            return "";
        }
    }
}
