namespace ChunkUpload.Api.Sessions;

/// <summary>Describes what an early completion lacks, so that a person need not read the list of ranges.</summary>
internal static class MissingBytes
{
    private const int MaxRanges = 3;

    /// <param name="size">The size that this request declares, for a session created without one.</param>
    public static UploadFailure Describe(UploadFailure failure, long? size)
    {
        if (failure is not { Error: UploadError.MissingRanges, Upload: { } upload } || (upload.Size ?? size) is not { } whole)
            return failure;
        var ranges = failure.Missing ?? [];
        var first = string.Join(", ", ranges.Take(MaxRanges).Select(range => $"{range.Offset}-{range.End - 1}"));
        var where = ranges.Count switch
        {
            0 => "",
            <= MaxRanges => $": bytes {first}",
            _ => $", the first at bytes {first}",
        };
        return failure with
        {
            Detail =
            $"{whole - upload.ReceivedBytes} of {whole} bytes are missing{where}. Send them, then complete again."
        };
    }
}
