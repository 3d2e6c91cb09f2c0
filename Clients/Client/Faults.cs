using System.Net.Sockets;

namespace ChunkUpload.Client;

/// <summary>
/// Gives each exception that no code expects a class, so that nothing else than a <see cref="TransferException"/> leaves the library.
/// </summary>
internal static class Faults
{
    /// <returns>Null: the exception leaves as it is.</returns>
    public static TransferException? Of(Exception failure) => failure switch
    {
        TransferException or OperationCanceledException => null,
        HttpRequestException or SocketException => TransferException.Network("The connection broke.", failure),
        IOException or UnauthorizedAccessException => TransferException.Local(failure.Message, failure),
        _ => new TransferException(
            TransferFailure.Unexpected, $"The client has a defect ({failure.GetType().Name}: {failure.Message}). Please report it.",
            failure),
    };
}
