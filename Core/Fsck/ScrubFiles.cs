using ChunkUpload.Core.Jobs;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Reads finished files from the device at a limited rate, beginning with the file that was checked longest ago. A node reads the files
/// whose first byte is in its store, with the rest of them in the stores of other nodes. A file whose bytes differ from the received ones
/// is quarantined and reported. A file that cannot be read is only reported, because a missing device says nothing about the bytes on it.
/// Before that, the job checks quarantined uploads again and releases those that are whole.
/// </summary>
internal sealed class ScrubFiles(
    IContentLedger ledger, DeviceCheck check, QuarantineReview review, IOptions<JobsOptions> options, TimeProvider time,
        ILogger<ScrubFiles> log) : IMaintenanceJob
{
    private const int Batch = 16;
    private const int MostNames = 5;

    public string Name => JobNames.ScrubFiles;

    public bool IsOfStore => true;

    public string Description => "Reads finished files from the device at a limited rate, compares their SHA-256, quarantines "
        + "damaged ones and releases from quarantine those that are whole again.";

    public async Task<JobReport> RunAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        var tally = new Tally();
        var pace = new ReadPace(options.Value.ScrubBytesPerSecond, time);
        await ReviewAsync(pace, tally, progress, cancellationToken);
        while (await NextAsync(tally, cancellationToken) is { Count: > 0 } batch)
        {
            foreach (var upload in batch)
                await CheckAsync(upload, pace, tally, progress, cancellationToken);
        }

        return tally.Report();
    }

    private async Task ReviewAsync(ReadPace pace, Tally tally, IJobProgress progress, CancellationToken cancellationToken)
    {
        await foreach (var (upload, fault) in review.RunAsync(pace.SpendAsync, cancellationToken))
        {
            progress.Report(tally.Mended, null, upload.FileName);
            if (fault is not null)
            {
                JobsLog.StillDamaged(log, upload.Id, upload.FileName, fault);
                continue;
            }

            await ledger.LiftQuarantineAsync(upload.Id, cancellationToken);
            // The review has just read it.
            await ledger.MarkCheckedAsync(upload.Id, cancellationToken);
            JobsLog.Mended(log, upload.Id, upload.FileName);
            tally.Mended++;
        }
    }

    // A file that cannot be read stays the one that was checked longest ago; without this the run would never end.
    private async Task<List<Upload>> NextAsync(Tally tally, CancellationToken cancellationToken)
    {
        var oldest = await ledger.OldestCheckedAsync(
            options.Value.ScrubEvery, Batch + tally.Unreadable.Count + tally.Elsewhere, cancellationToken);
        return [.. oldest.Where(upload => !tally.Seen.Contains(upload.Id))];
    }

    private async Task CheckAsync(Upload upload, ReadPace pace, Tally tally, IJobProgress progress, CancellationToken cancellationToken)
    {
        _ = tally.Seen.Add(upload.Id);
        progress.Report(tally.Files, null, upload.FileName);
        var facts = await check.RunAsync(upload, pace.SpendAsync, cancellationToken);
        tally.Files++;
        tally.Bytes += facts.Read;
        if (facts.Faults.FirstOrDefault(fault => fault.IsDamage) is { } damage)
        {
            tally.Damaged.Add(upload.FileName);
            JobsLog.Damaged(log, upload.Id, upload.FileName, damage.Sentence);
            await ledger.MarkDamagedAsync(upload.Id, damage.Sentence, cancellationToken);
        }
        else if (facts.Faults.Any(fault => fault.Kind == ExtentFaultKind.Elsewhere))
        {
            tally.Elsewhere++;
            return;
        }
        else if (facts.Faults.Count > 0)
        {
            tally.Unreadable.Add(upload.FileName);
            JobsLog.Unreadable(log, upload.Id, upload.FileName, facts.Faults[0].Sentence);
            return;
        }

        await ledger.MarkCheckedAsync(upload.Id, cancellationToken);
    }

    private sealed class Tally
    {
        public long Files { get; set; }

        public long Bytes { get; set; }

        public long Mended { get; set; }

        /// <summary>Files with bytes at a node that does not answer. A later run reads them.</summary>
        public int Elsewhere { get; set; }

        public HashSet<UploadId> Seen { get; } = [];

        public List<string> Damaged { get; } = [];

        public List<string> Unreadable { get; } = [];

        public JobReport Report()
        {
            var found = Damaged.Count == 0 ? "none is damaged." : $"{Damaged.Count} damaged and quarantined: {Names(Damaged)}.";
            var back = Mended == 0 ? "" : $" {Mended} are whole again and left quarantine.";
            return new JobReport(
                (Files == 0 ? "No file was due." : $"Read {Files} files, {Bytes} bytes; {found}") + back,
                new Dictionary<string, long>
                {
                    ["files"] = Files,
                    ["bytes"] = Bytes,
                    ["damaged"] = Damaged.Count,
                    ["mended"] = Mended,
                    ["unreadable"] = Unreadable.Count,
                })
            {
                Error = Unreadable.Count == 0 ? null : $"{Unreadable.Count} files could not be read from the device: {Names(Unreadable)}.",
            };
        }

        private static string Names(List<string> names) =>
            string.Join(", ", names.Take(MostNames).Select(name => $"\"{name}\"")) + (names.Count > MostNames ? " and others" : "");
    }
}
