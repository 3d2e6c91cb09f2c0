using System.Net.Sockets;

namespace ChunkUpload.Client;

/// <summary>
/// Assigns a class to each unexpected exception, so that the library throws only <see cref="TransferException"/>.
/// </summary>
internal static class Faults
{
    /// <returns>Null if the exception leaves as it is.</returns>
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
