using ChunkUpload.Wire;

namespace ChunkUpload.Client.Projects;

/// <summary>Why a requested file is not sent.</summary>
internal static class FileTransferFaults
{
    private const int MostLetters = 500;

    /// <summary>Tells why a transfer that has ended has no file.</summary>
    public static TransferException Of(FileTransferAnswer row) => new(
        row.ErrorCode switch
        {
            FileTransferWords.FileChanged => TransferFailure.SourceChanged,
            FileTransferWords.DigestMismatch => TransferFailure.Checksum,
            FileTransferWords.RelayEnded or FileTransferWords.SourceFailed or FileTransferWords.Expired => TransferFailure.Server,
            _ => TransferFailure.Refused,
        },
        row switch
        {
            { Status: FileTransferWords.Completed } => "The file was fetched by another command meanwhile. Ask again.",
            { Status: FileTransferWords.Cancelled } => "The request was cancelled.",
            { ErrorCode: FileTransferWords.FileChanged } =>
                "The file changed on the device, or is not there any more. Ask again for the one that is in the list.",
            { ErrorCode: FileTransferWords.Declined } => "The request was declined. It may be asked again after an hour.",
            { ErrorMessage: { Length: > 0 and <= MostLetters } said } => $"The request has failed: {said} The same command tries again.",
            _ => "The request has failed. The same command tries again.",
        })
    {
        Code = row.ErrorCode ?? row.Status,
    };

    /// <summary>Returns whether the transfer cannot be resumed, so that the received bytes are of no use.</summary>
    public static bool IsFinal(TransferException failure) => failure.Code is FileTransferWords.FileChanged or FileTransferWords.Declined
        or FileTransferWords.Cancelled or FileTransferWords.RightsEnded or ProblemCodes.NoSuchTransfer;

    /// <summary>Translates the service's code for a missing request into its meaning for the requester.</summary>
    public static TransferException ForPeople(TransferException failure) => failure.Code != ProblemCodes.NoSuchTransfer
        ? failure
        : new TransferException(
            failure.Failure, "The request is not there any more: you left the project, or were removed from it.", failure)
        {
            Code = failure.Code,
        };
}
