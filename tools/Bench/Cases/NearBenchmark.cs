using System.Diagnostics;
using System.Globalization;
using ChunkUpload.Bench.Lines;
using ChunkUpload.Bench.Load;
using ChunkUpload.Bench.Report;
using ChunkUpload.Bench.UnderTest;

namespace ChunkUpload.Bench.Cases;

/// <summary>
/// cu and curl on this machine, one after the other: a file of 1 GiB up and down, which only cu verifies, and a folder of 10,000 small
/// files up, which curl sends to WebDAV on the same disk. Small files count as sent once they are flushed.
/// </summary>
internal sealed class NearBenchmark : IBenchmark
{
    private const int Small = 4 << 10;

    // 80 % of the speed.
    private const double Goal = 1 / 0.8;
    private const double FolderGoal = 1.2;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(10);

    private static readonly LineSender CurlGet = new("curl -o", (_, service, file) => new ProcessStartInfo("curl",
    [
        "--silent", "--show-error", "--fail", "--output", file.File, "--header", $"Authorization: Bearer {service.Key}",
        $"{file.Address}api/tree/{file.Name}",
    ]));

    private static readonly LineSender CurlDav = new("curl -Z", (_, _, folder) => new ProcessStartInfo("curl",
    [
        "--silent", "--show-error", "--fail", "--parallel", "--parallel-max", "32", "--upload-file", folder.File, "--output", "/dev/null",
        $"{folder.Address}{folder.Name}/",
    ]));

    public string Name => "near";

    public string Question => "How fast is cu on one machine, beside curl?";

    public bool IsInAll => false;

    public async Task<IReadOnlyList<Figure>> RunAsync(BenchOptions options, CancellationToken cancellationToken)
    {
        var (size, runs, count) = (options.Size ?? 1L << 30, options.Runs ?? 3, options.Uploads ?? 10_000);
        using var scratch = new ScratchFolder(options, ((runs + 2) * 3 * size) + ((long)runs * count * Small * 4) + (1L << 30));
        await using var service = await ServiceProcess.StartAsync(options, scratch.Fresh("data"), cancellationToken);
        await using var dav = await WebDavProcess.StartAsync(scratch.Fresh("dav"), cancellationToken);
        var (file, folder, state) = (scratch.Fresh("file"), scratch.Fresh("folder"), scratch.Fresh("state"));
        await WriteAsync(file, size, cancellationToken);
        _ = Directory.CreateDirectory(folder);
        var digits = (count - 1).ToString(CultureInfo.InvariantCulture).Length;
        for (var number = 0; number < count; number++)
        {
            var name = number.ToString(CultureInfo.InvariantCulture).PadLeft(digits, '0');
            var bytes = Material.At((long)number % 4000 * Small, Small).ToArray();
            await File.WriteAllBytesAsync(Path.Combine(folder, name), bytes, cancellationToken);
        }

        var all = Path.Combine(folder, $"[{new string('0', digits)}-{count - 1}]");
        var times = new Dictionary<string, List<double>>();
        // The first round is the warm-up.
        for (var run = 0; run <= runs; run++)
        {
            var target = Path.Combine(Directory.CreateDirectory(Path.Combine(scratch.Path, $"down-{run}")).FullName, "down.bin");
            await TimeAsync(run, "cu up", LineSender.Cu, new(file, $"cu-{run}.bin", service.Address, state));
            await TimeAsync(run, "curl -T", LineSender.Curl, new(file, $"curl-{run}.bin", service.Address, state));
            await TimeAsync(run, "cu get", LineSender.CuGet, new(target, $"cu-{run}.bin", service.Address, state));
            File.Delete(target);
            await TimeAsync(run, "curl -o", CurlGet, new(target, $"cu-{run}.bin", service.Address, state));
            File.Delete(target);
            await TimeAsync(run, "cu up, folder", LineSender.Cu, new(folder, $"folder-{run}", service.Address, state), flushed: true);
            var beside = Directory.CreateDirectory(Path.Combine(dav.Files, $"{run}")).FullName;
            File.SetUnixFileMode(beside, (UnixFileMode)0x1FF);
            await TimeAsync(run, "curl -Z", CurlDav, new(all, $"{run}", dav.Address, state), flushed: true);
            if (Directory.GetFiles(beside).Length != count)
                throw new BenchException("Not all small files have arrived at the WebDAV server.");
        }

        return
        [
            .. times.Select(one => new Figure(one.Key, "s", one.Value)),
            Ratio($"{size >> 20} MiB up, time of cu over curl's", "cu up", "curl -T", Goal),
            Ratio($"{size >> 20} MiB down, time of cu over curl's", "cu get", "curl -o", Goal),
            Ratio($"{count} files of 4 KiB up, time of cu over that of curl to WebDAV", "cu up, folder", "curl -Z", FolderGoal),
        ];

        Figure Ratio(string name, string cu, string curl, double goal) =>
            new(name, "times", [.. times[cu].Zip(times[curl], (ours, theirs) => ours / theirs)], goal);

        async Task TimeAsync(int run, string what, LineSender sender, LineUpload upload, bool flushed = false)
        {
            Flush();
            var began = TimeProvider.System.GetTimestamp();
            _ = await sender.RunAsync(options, service, upload, Limit, cancellationToken)
                ?? throw new BenchException($"{what} did not end within {Limit.TotalMinutes:0} minutes.");
            if (flushed)
                Flush();
            var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture, $"  {(run == 0 ? "warm-up" : $"round {run}")}: {what}: {seconds:0.00} s"));
            if (run == 0)
                return;
            if (!times.TryGetValue(what, out var taken))
                times[what] = taken = [];
            taken.Add(seconds);
        }

        void Flush()
        {
            using var sync = Process.Start("sync", ["--file-system", scratch.Path]);
            sync.WaitForExit();
        }
    }

    private static async Task WriteAsync(string path, long size, CancellationToken cancellationToken)
    {
        await using var file = File.Create(path);
        for (long at = 0; at < size;)
        {
            var part = Material.At(at, size - at);
            await file.WriteAsync(part, cancellationToken);
            at += part.Length;
        }
    }
}
