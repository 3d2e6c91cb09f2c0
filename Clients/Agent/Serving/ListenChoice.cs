using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using ChunkUpload.Client.Straight;

namespace ChunkUpload.Agent.Serving;

/// <summary>
/// Where an agent listens for other devices: at one address, or at those that this computer has in private networks, which may change.
/// </summary>
/// <param name="Address"><c>null</c> for the private ones.</param>
/// <param name="Port">0 for any.</param>
internal sealed record ListenChoice(IPAddress? Address, int Port)
{
    public const string Private = "private";

    /// <returns><c>null</c> with the fault as a sentence if the text is no address.</returns>
    public static ListenChoice? Parse(string text, out string fault)
    {
        fault = $"{text} is no address at which to listen. Give private, an address of this computer, or either with a port, such as "
            + "192.168.1.5:7443 or private:7443.";
        if (text == Private)
            return new ListenChoice(null, 0);
        if (text.StartsWith(Private + ":", StringComparison.Ordinal))
        {
            return ushort.TryParse(text[(Private.Length + 1)..], NumberStyles.None, CultureInfo.InvariantCulture, out var port) && port > 0
                ? new ListenChoice(null, port)
                : null;
        }

        if (!IPEndPoint.TryParse(text, out var one))
            return null;
        if (StraightAddresses.IsUsable(one.Address))
            return new ListenChoice(one.Address, one.Port);
        fault = $"{text} is no address of one network. Give an address that other computers know this one by, or private.";
        return null;
    }

    /// <summary>The addresses of this computer for the choice, at most eight.</summary>
    public IReadOnlyList<IPAddress> Find()
    {
        if (Address is { } one)
            return [one];
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces().Where(network => network.OperationalStatus != OperationalStatus.Down)
                    .SelectMany(network => network.GetIPProperties().UnicastAddresses).Select(unicast => unicast.Address)
                    .Where(address => StraightAddresses.IsPrivate(address) && StraightAddresses.IsUsable(address)).Distinct()
                    .Take(StraightAddresses.Most),
            ];
        }
        catch (NetworkInformationException)
        {
            return [];
        }
    }
}
