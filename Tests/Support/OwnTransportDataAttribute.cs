using System.Reflection;
using Xunit.Sdk;

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Data for a theory about bytes that arrive just before the end of their connection. Only the service's own transport keeps them: with
/// Kestrel's sockets transport, reading the body fails as soon as the end is known, even if unread bytes precede it.
/// </summary>
internal sealed class OwnTransportDataAttribute : DataAttribute
{
    private readonly object[] _row;

    public OwnTransportDataAttribute(params object[] row)
    {
        _row = row;
        if (TestService.Transport != "Own")
            Skip = "Kestrel's sockets transport discards unread bytes when the connection ends";
    }

    public override IEnumerable<object[]> GetData(MethodInfo testMethod) => [_row];
}
