using System.Globalization;
using ChunkUpload.FaultLab.Run;
using ChunkUpload.FaultLab.Service;
using ChunkUpload.FaultLab.Witness;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>
/// Power loss at any moment on a recorded disk that holds the files: what was acknowledged before is read from the disk as it would have
/// been left. Two controls prove the rig: a service whose flushes of files, or of folders, do nothing must lose data.
/// </summary>
internal sealed class PowerTest : IFaultTest
{
    private const long DiskBytes = 64 << 20;
    private const long BiggerDiskBytes = 160 << 20;
    private const int Controls = 24;

    // Several times the length from which on writes bypass the page cache.
    private const int Long = 900_000;
    private const int AtOnce = 3;

    public string Name => "power";

    public string Number => "T2";

    public string Question => "Does a loss of power lose acknowledged files?";

    public async Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var points = run.Count(ci: 60, soak: 10_000);
        var cluster = await OwnCluster.CreateAsync(run, run.Place("pg"), cancellationToken);
        await RecordAsync("as-built", [], points, lost =>
            run.Check(lost == 0, $"LOST: {lost} acknowledged ranges are not on the disk after a loss of power"));
        await RecordAsync("long-runs", [], Math.Max(Controls, points / 10), lost =>
            run.Check(lost == 0, $"LOST: {lost} acknowledged ranges of long files are not on the disk after a loss of power"), Long);
        await RecordAsync("no-file-flush", Lying("fdatasync"), Controls, lost =>
            run.Check(lost > 0, "the rig does not see the loss where files are never flushed"));
        await RecordAsync("no-folder-flush", Lying("fsync"), Controls, lost =>
            run.Check(lost > 0, "the rig does not see the loss where folders are never flushed"));

        async Task RecordAsync(string name, string[] wrapper, int moments, Action<int> judge, int largest = 30_000)
        {
            _ = await cluster.AskAsync(
                "drop schema if exists chunkupload cascade; drop schema if exists chunkupload_scheduler cascade", cancellationToken);
            var disk = await RecordedDisk.CreateAsync(run, name, largest == Long ? BiggerDiskBytes : DiskBytes, cancellationToken);
            var service = new LabService(run, Path.Combine(disk.Path, "data"))
            {
                Settings = { "--Storage:ReserveBytes=0", "--ConnectionStrings:Ledger=" + cluster.ConnectionString },
            };
            service.Wrapper.AddRange(wrapper);
            await service.StartAsync(cancellationToken);
            var first = disk.Events.Count;
            using var witness = new WitnessHandle(run, service, clients: 3, mix: "keep,chunk,chunk,tus,ietf,put", largest: largest);
            await witness.LoadAsync(cancellationToken);
            await witness.AckedAsync(largest == Long ? 120 : run.IsSoak ? 1500 : 300, cancellationToken);
            await witness.HoldAsync(cancellationToken);
            var events = disk.Events;
            var extents = await Extents.ReadAsync(cluster, cancellationToken);
            await service.KillAsync();
            await disk.UnmountAsync();

            var journal = await File.ReadAllLinesAsync(witness.JournalFile, cancellationToken);
            var crashed = new CrashedDisk(run, disk.Base, events);
            var (lost, compared, left) = (0, 0L, 0);
            // Mounting is mostly waiting, so the next disk is made while one is checked.
            await Parallel.ForEachAsync(Disks(),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (disk, token) =>
            {
                var acknowledged = JournalReader.AsOf(journal, events[disk.Moment].At);
                await crashed.ShowAsync(disk.Image, disk.Name, folder =>
                {
                    var files = new Extents.Disk(Path.Combine(folder, "data", "files"));
                    foreach (var (upload, offset, length) in acknowledged.SelectMany(Ranges))
                    {
                        _ = Interlocked.Increment(ref compared);
                        if (!extents.Holds(files, upload, offset, length))
                            _ = Interlocked.Increment(ref lost);
                    }

                    return Task.CompletedTask;
                }, token);
                lock (crashed)
                    run.Injected++;
            });

            judge(lost);
            run.Acknowledged += witness.Acks;
            run.Floor("comparisons", compared, moments * 10);
            run.Figures.Add($"{name}: {moments} moments in {events.Count} writes and flushes, {compared} comparisons, {lost} lost");

            // In order, because moments must be requested in order.
            IEnumerable<(int Moment, string Name, string Image)> Disks()
            {
                foreach (var moment in Moments(run.Random, events, first, journal, moments))
                {
                    var place = $"{name}-crashed-{left++}";
                    yield return (moment, place, crashed.Leave(moment, place));
                }
            }
        }
    }

    private static string[] Lying(string call) =>
        ["strace", "-D", "-f", "-qq", "--seccomp-bpf", "-o", "/dev/null", "-e", "trace=" + call, "-e", $"inject={call}:retval=0"];

    /// <summary>Half of them anywhere, half right after an acknowledgement, where a missing flush shows.</summary>
    public static IReadOnlyList<int> Moments(Random random, IReadOnlyList<BlockEvent> events, int first, string[] journal, int count)
    {
        var acks = journal.Where(line => line.Contains(" ack ", StringComparison.Ordinal))
            .Select(line => long.Parse(line.Split(' ')[0], CultureInfo.InvariantCulture)).ToArray();
        return [.. Enumerable.Range(0, count)
            .Select(index => index % 2 == 0 ? random.Next(first, events.Count) : After(acks[random.Next(acks.Length)])).Order()];

        int After(long ack)
        {
            var (low, high) = (first, events.Count - 1);
            while (low < high)
            {
                var middle = (low + high) / 2;
                (low, high) = events[middle].At > ack ? (low, middle) : (middle + 1, high);
            }

            return low;
        }
    }

    private static IEnumerable<(Sent Upload, long Offset, long Length)> Ranges(Sent upload)
    {
        if (upload.Fate == Fate.Completed)
            return [(upload, 0, upload.Size)];
        return upload.IsStream ? upload.AckedOffset > 0
            ? [(upload, 0, upload.AckedOffset)]
            : [] : upload.AckedChunks.Select(chunk => (upload, chunk.Offset, chunk.Length));
    }
}
