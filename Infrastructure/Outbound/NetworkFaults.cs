using System.Net.Sockets;
using ChunkUpload.Core.Connections;

namespace ChunkUpload.Infrastructure.Outbound;

/// <summary>What failures of the network mean, in requests to a storage.</summary>
internal static class NetworkFaults
{
    /// <summary>The sentence for a connection that ended before the answer was there.</summary>
    public const string BrokeOff = "The connection to the storage broke off.";

    /// <summary>A failure of the network; null: the exception is something else.</summary>
    public static StorageFault? Of(Exception reason) => reason switch
    {
        OwnNetworkException or { InnerException: OwnNetworkException } => new StorageFault(
            FaultKind.Refused,
            "The storage's address leads into the service's own network, which Connections:AllowPrivateNetworks forbids."),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } =>
            new StorageFault(FaultKind.Transient, "No secure connection to the storage could be made."),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } =>
            new StorageFault(FaultKind.Transient, "The name in the storage's address is not known."),
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } =>
            new StorageFault(FaultKind.Transient, "No connection could be made to the storage."),
        AnswerTooLongException or { InnerException: AnswerTooLongException } => AnswerLimits.TooLong,
        UriFormatException => new StorageFault(FaultKind.Refused, "The storage named an address that leads nowhere."),
        // The handler lets a SocketException through where a connection is reset as soon as it is made.
        HttpRequestException or IOException or SocketException => new StorageFault(FaultKind.Transient, BrokeOff),
        _ => null,
    };
}
