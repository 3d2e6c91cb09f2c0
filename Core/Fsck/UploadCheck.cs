using ChunkUpload.Core.Uploads;

namespace ChunkUpload.Core.Fsck;

/// <summary>Whether an upload's row, its extents and its received ranges tell the same, and whether it gets on.</summary>
internal static class UploadCheck
{
    // Far longer than any of it takes: a digest of terabytes is hours, a job comes round every few minutes.
    private static readonly TimeSpan StuckAfter = TimeSpan.FromHours(24);
    private static readonly TimeSpan StaleAfter = TimeSpan.FromHours(3);

    public static void Run(FsckUpload upload, FsckFindings findings)
    {
        if (upload.DamagedReason is { } reason)
        {
            Add(FindingCodes.UploadDamaged, $"It is quarantined: {reason}");
            return;
        }

        Progress();
        if (upload.State is UploadState.Open or UploadState.Paused or UploadState.Completing or UploadState.Completed)
            Sums();

        void Add(string code, string sentence) => findings.Add(code, sentence, upload.Id, upload.FileName);

        void Progress()
        {
            switch (upload.State)
            {
                case UploadState.Open or UploadState.Paused when upload.Overdue > StaleAfter:
                    Add(FindingCodes.StuckStale, $"It has been stale for {Hours(upload.Overdue)} of service and was not purged.");
                    break;
                case UploadState.Completing when upload.InState > StuckAfter:
                    Add(FindingCodes.StuckCompleting, $"It has been completing for {Hours(upload.InState)}.");
                    break;
                case UploadState.Completed when !upload.DigestKnown && upload.InState > StuckAfter:
                    Add(FindingCodes.StuckDigest, $"Its SHA-256 is still not known {Hours(upload.InState)} after it was completed.");
                    break;
                case UploadState.Cancelled or UploadState.Expired or UploadState.Failed or UploadState.Deleted
                    when upload.HasContent && upload.InState > StuckAfter:
                    Add(FindingCodes.StuckContent, $"It ended {Hours(upload.InState)} ago and its space is not freed.");
                    break;
                default:
                    break;
            }
        }

        void Sums()
        {
            var (counted, summed) = (upload.Counted, upload.Summed);
            if (upload.Covered != summed.Received)
                Add(FindingCodes.ExtentsOverlap, $"Its extents hold {summed.Received} bytes but cover {upload.Covered}: some overlap.");
            if (counted.Received != upload.Covered)
                Add(FindingCodes.ReceivedDiffers,
                    $"Its row says that {counted.Received} bytes were received, its extents {upload.Covered}.");
            if (counted.Placed != summed.Placed)
                Add(FindingCodes.PlacedDiffers,
                    $"Its row says that {counted.Placed} bytes lie in their place, its extents {summed.Placed}.");
            if (upload.Size is { } size && upload.Covered > size)
                Add(FindingCodes.BeyondSize, $"Its extents cover {upload.Covered} bytes, and its size is {size}.");
            if (upload.Protocol == UploadProtocol.Session)
            {
                if (counted.Chunks != summed.Chunks)
                    Add(FindingCodes.ChunkCountDiffers, $"Its row counts {counted.Chunks} chunks, and there are {summed.Chunks}.");
                if (!upload.RangesMatch)
                    Add(FindingCodes.RangesDiffer, "Its received ranges are not what its extents cover.");
            }

            var gapless = upload.Runs == 0 || (upload.Runs == 1 && upload.FirstByte == 0);
            if (upload.State is UploadState.Completed or UploadState.Completing)
            {
                if (!gapless || upload.Covered < (upload.Size ?? long.MaxValue))
                    Add(FindingCodes.CompletedWithGap, $"It is {upload.State.ToString().ToLowerInvariant()} with {upload.Covered} of "
                        + $"{upload.Size?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "an unknown number of"} "
                            + $"bytes{(gapless ? "" : ", with gaps between")}.");
            }
            else if (upload.Protocol != UploadProtocol.Session && !gapless)
            {
                Add(FindingCodes.StreamWithGap, "It is a stream, and its extents leave a gap.");
            }
        }
    }

    private static string Hours(TimeSpan time) =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{time.TotalHours:0} hours");
}
