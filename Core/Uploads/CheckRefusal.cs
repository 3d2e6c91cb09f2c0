namespace ChunkUpload.Core.Uploads;

/// <summary>The reason that the ledger keeps for an upload that a checker refused, and the sentence that a client gets.</summary>
public static class CheckRefusal
{
    /// <summary>The beginning of each such reason; no other reason begins with it.</summary>
    public const string Word = "refused by the check";

    public static string Reason(string? sentence) => sentence is null ? Word : $"{Word}: {sentence}";

    public static bool IsIn(string? reason) => reason?.StartsWith(Word, StringComparison.Ordinal) == true;

    /// <summary>Null if the upload failed for another reason.</summary>
    public static UploadFailure? Of(string? reason) =>
        IsIn(reason) ? new UploadFailure(UploadError.RefusedByCheck, $"The file was {reason!.TrimEnd('.')}.") : null;
}
