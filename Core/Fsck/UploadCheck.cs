namespace ChunkUpload.Core.Fsck;

/// <summary>Checks that an upload's row, extents and received ranges agree, and that the upload makes progress.</summary>
internal static class UploadCheck
{
    // Far longer than any of these takes: hashing terabytes takes hours, and the jobs run every few minutes.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromHours(24);
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(3);

    public static void Run(FsckUpload upload, FsckFindings findings)
    {
        if (upload.DamagedReason is { } reason)
        {
            Add(FindingCodes.UploadDamaged, $"The upload is quarantined: {reason}");
            return;
        }

        Progress();
        if (upload.Unnamed)
            Add(FindingCodes.UploadUnnamed, "The upload was published as a file, but no file has it as its content.");
        if (upload.State is UploadState.Open or UploadState.Paused or UploadState.Completing or UploadState.Checking
            or UploadState.Completed)
            Sums();

        void Add(string code, string sentence) => findings.Add(code, sentence, upload.Id, upload.FileName);

        void Progress()
        {
            switch (upload.State)
            {
                case UploadState.Open or UploadState.Paused when upload.Overdue > StaleAfter:
                    Add(FindingCodes.StuckStale, $"The upload has been stale for {Hours(upload.Overdue)} of service and was not purged.");
                    break;
                case UploadState.Completing when upload.InState > StuckAfter:
                    Add(FindingCodes.StuckCompleting, $"The upload has been completing for {Hours(upload.InState)}.");
                    break;
                case UploadState.Checking when upload.InState > StuckAfter:
                    Add(FindingCodes.StuckChecking, $"The upload has waited for its check for {Hours(upload.InState)}.");
                    break;
                case UploadState.Completed when !upload.DigestKnown && upload.InState > StuckAfter:
                    Add(FindingCodes.StuckDigest, $"Its SHA-256 is still unknown {Hours(upload.InState)} after completion.");
                    break;
                case UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted
                    when upload.HasContent && upload.InState > StuckAfter:
                    Add(FindingCodes.StuckContent, $"The upload ended {Hours(upload.InState)} ago, but its space is not freed.");
                    break;
                default:
                    break;
            }
        }

        void Sums()
        {
            var (counted, summed) = (upload.Counted, upload.Summed);
            if (upload.Covered != summed.Received)
                Add(FindingCodes.ExtentsOverlap,
                    $"Its extents hold {summed.Received} bytes but cover only {upload.Covered}: some of them overlap.");
            if (counted.Received != upload.Covered)
                Add(FindingCodes.ReceivedDiffers,
                    $"Its row counts {counted.Received} received bytes, but its extents cover {upload.Covered}.");
            if (counted.Placed != summed.Placed)
                Add(FindingCodes.PlacedDiffers,
                    $"Its row counts {counted.Placed} merged bytes, but its extents hold {summed.Placed}.");
            if (upload.Size is { } size && upload.Covered > size)
                Add(FindingCodes.BeyondSize, $"Its extents cover {upload.Covered} bytes, but its size is {size}.");
            if (upload.Protocol == UploadProtocol.Session)
            {
                if (counted.Chunks != summed.Chunks)
                    Add(FindingCodes.ChunkCountDiffers, $"Its row counts {counted.Chunks} chunks, but there are {summed.Chunks}.");
                if (!upload.RangesMatch)
                    Add(FindingCodes.RangesDiffer, "Its received ranges differ from what its extents cover.");
            }

            var gapless = upload.Runs == 0 || (upload.Runs == 1 && upload.FirstByte == 0);
            if (upload.State is UploadState.Completed or UploadState.Completing or UploadState.Checking)
            {
                if (!gapless || upload.Covered < (upload.Size ?? long.MaxValue))
                    Add(FindingCodes.CompletedWithGap, $"It is {upload.State.ToString().ToLowerInvariant()} with {upload.Covered} of "
                        + $"{upload.Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number of"} "
                            + $"bytes{(gapless ? "" : ", with gaps")}.");
            }
            else if (upload.Protocol != UploadProtocol.Session && !gapless)
            {
                Add(FindingCodes.StreamWithGap, "The upload is a stream, but its extents leave a gap.");
            }
        }
    }

    private static string Hours(TimeSpan time) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours");
}
