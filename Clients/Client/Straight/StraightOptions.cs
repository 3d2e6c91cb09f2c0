using System.Net;

namespace ChunkUpload.Client.Straight;

/// <summary>How a file of a device may be received.</summary>
/// <param name="Overwrite">Whether another file at the target is replaced.</param>
/// <param name="Typed">Addresses at which the user says that the device listens.</param>
/// <param name="RelayOnly">Whether it comes only through the service.</param>
internal sealed record StraightOptions(bool Overwrite, IReadOnlyList<IPEndPoint> Typed, bool RelayOnly);
