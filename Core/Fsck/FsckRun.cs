using ChunkUpload.Core.Jobs;
using ChunkUpload.Core.Storage;
using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Fsck;

/// <summary>
/// Compares the ledger with the store in both directions and changes nothing, except with mend: 0. release uploads from quarantine whose
/// bytes are back, as the service does after a start, and correct the counters of the trees, of what is used and of links; 1. check each
/// upload's rows against each other, the trees, and what is counted for quotas and for links; 2. check the files of extents and prefixes;
/// 3. look for files that should not exist; 4. with deep, compare every stored byte with its digest, as the scrubber does.
/// </summary>
public sealed class FsckRun
{
    private const int UploadPage = 200;
    private const int ExtentPage = 2000;

    private readonly IFsckLedger _ledger;
    private readonly IUploadLedger _uploads;
    private readonly Stores _stores;
    private readonly DeviceCheck _device;
    private readonly QuarantineReview _review;
    private readonly TimeProvider _time;

    public FsckRun(
        IFsckLedger ledger, IUploadLedger uploads, IContentLedger extents, Stores stores, IRunningHashes hashes,
        TimeProvider time)
    {
        (_ledger, _uploads, _stores, _time) = (ledger, uploads, stores, time);
        _device = new DeviceCheck(extents, stores, hashes);
        _review = new QuarantineReview(ledger, extents, stores, _device);
    }

    /// <param name="serviceRuns">Shown in the report.</param>
    public async Task<FsckReport> RunAsync(
        bool deep, bool mend, bool serviceRuns, IJobProgress progress, CancellationToken cancellationToken)
    {
        var began = _time.GetTimestamp();
        var mended = mend ? await MendAsync(progress, cancellationToken) : 0; // 0. Lift quarantines.
        var recounted = mend ? await TreeCheck.RecountAsync(_ledger, cancellationToken) : 0;
        var usageRecounted = mend ? await _ledger.RecountUsageAsync(cancellationToken) : 0;
        var linksRecounted = mend ? await _ledger.RecountLinksAsync(cancellationToken) : 0;
        var findings = new FsckFindings();
        var deepWork = new List<UploadId>();
        var (uploads, elsewhere) = await UploadsAsync(deep ? deepWork : null, findings, progress, cancellationToken); // 1
        var tree = new TreeCheck(_ledger, findings);
        await tree.RunAsync(progress, cancellationToken);
        await CheckUsageAsync(findings, cancellationToken);
        await CheckLinksAsync(findings, cancellationToken);
        var files = new FileCheck(_ledger, _stores, findings);
        // 2. Check the files of extents and prefixes.
        var extents = await WalkAsync(_ledger.ExtentsAsync, extent => extent.Key, files.CheckAsync, "extents", progress, cancellationToken);
        var prefixes =
            await WalkAsync(_ledger.PrefixesAsync, prefix => prefix.Key, files.CheckAsync, "kept parts", progress, cancellationToken);
        progress.Report(0, null, "files of the store");
        var stored = new StoreCheck(_ledger, _stores, findings);
        await stored.RunAsync(cancellationToken); // 3
        var read = await DeepAsync(deepWork, findings, progress, cancellationToken); // 4
        return new FsckReport(
            findings.Total == 0, deep, serviceRuns, findings.Listed, findings.Total, uploads, extents, prefixes, stored.Files,
                stored.Unsettled, elsewhere,
            mended, read, Math.Round(_time.GetElapsedTime(began).TotalSeconds, 3))
        {
            Entries = tree.Entries,
            Versions = tree.Versions,
            Recounted = recounted,
            UsageRecounted = usageRecounted,
            LinksRecounted = linksRecounted,
            SharedFault = files.SharedFault ?? stored.SharedFault,
        };
    }

    private async Task CheckUsageAsync(FsckFindings findings, CancellationToken cancellationToken)
    {
        foreach (var bad in await _ledger.UsageFaultsAsync(cancellationToken))
        {
            var whose = bad.Subject.Length == 0 ? $"The tenant {bad.Tenant}" : $"{bad.Subject} of the tenant {bad.Tenant}";
            findings.Add(
                FindingCodes.UsageDiffers,
                $"{whose} is counted with {bad.Counted.StoredBytes} bytes, {bad.Counted.Files} files and {bad.Counted.OpenUploads} open "
                    + $"uploads, but has {bad.Summed.StoredBytes}, {bad.Summed.Files} and {bad.Summed.OpenUploads}.");
        }
    }

    private async Task CheckLinksAsync(FsckFindings findings, CancellationToken cancellationToken)
    {
        foreach (var bad in await _ledger.LinkFaultsAsync(cancellationToken))
            findings.Add(
                FindingCodes.LinkDiffers,
                $"The link {bad.Id:n} \"{bad.Title}\" "
                    + (bad.Counted == bad.Summed
                        ? "has recorded shares for its uploads that differ from what they take up."
                        : $"counts {Words(bad.Counted)}, but its uploads and downloads are {Words(bad.Summed)}."));

        static string Words(FsckLinkSums sums) =>
            $"{sums.Files} files and {sums.Parts} parts of {sums.Bytes} bytes, and {sums.Downloads} downloads";
    }

    private async Task<long> MendAsync(IJobProgress progress, CancellationToken cancellationToken)
    {
        long mended = 0, seen = 0;
        await foreach (var (upload, fault) in _review.RunAsync((_, _) => Task.CompletedTask, cancellationToken))
        {
            progress.Report(++seen, null, "quarantined uploads");
            if (fault is not null)
                continue;
            await _ledger.LiftQuarantineAsync(upload.Id, cancellationToken);
            mended++;
        }

        return mended;
    }

    private async Task<(long Count, long Elsewhere)> UploadsAsync(
        List<UploadId>? deep, FsckFindings findings, IJobProgress progress, CancellationToken cancellationToken)
    {
        long count = 0, elsewhere = 0;
        UploadId? after = null;
        while (await _ledger.UploadsAsync(after, UploadPage, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var upload in page)
            {
                UploadCheck.Run(upload, findings);
                elsewhere += upload.Elsewhere ? 1 : 0;
                if (upload.Summed.Chunks > 0 && !upload.Elsewhere)
                    deep?.Add(upload.Id);
            }

            count += page.Count;
            after = page[^1].Id;
            progress.Report(count, null, "uploads");
        }

        return (count, elsewhere);
    }

    private static async Task<long> WalkAsync<T>(
        Func<FsckKey?, int, CancellationToken, Task<IReadOnlyList<T>>> page, Func<T, FsckKey> key, Func<T, CancellationToken, Task> check,
        string what, IJobProgress progress, CancellationToken cancellationToken)
    {
        long count = 0;
        FsckKey? after = null;
        while (await page(after, ExtentPage, cancellationToken) is { Count: > 0 } items)
        {
            foreach (var item in items)
                await check(item, cancellationToken);
            count += items.Count;
            after = key(items[^1]);
            progress.Report(count, null, what);
        }

        return count;
    }

    private async Task<long> DeepAsync(
        List<UploadId> uploads, FsckFindings findings, IJobProgress progress, CancellationToken cancellationToken)
    {
        long read = 0, done = 0;
        foreach (var id in uploads)
        {
            progress.Report(done++, uploads.Count, "uploads read");
            if (await _uploads.GetAsync(id, cancellationToken) is not { } upload)
                continue;
            var facts = await _device.RunAsync(upload, (_, _) => Task.CompletedTask, cancellationToken);
            read += facts.Read;
            foreach (var fault in facts.Faults)
            {
                // Step 2 has reported files that are missing or too short.
                if (CodeOf(fault) is { } code)
                    findings.Add(code, fault.Sentence, id, upload.FileName, fault.File);
            }
        }

        return read;
    }

    private static string? CodeOf(ExtentFault fault) => fault.Kind switch
    {
        ExtentFaultKind.Different when fault.IsWhole => FindingCodes.FileDifferent,
        ExtentFaultKind.Different => FindingCodes.ExtentDifferent,
        ExtentFaultKind.Unreadable => FindingCodes.ExtentUnreadable,
        _ => null,
    };
}
