using ChunkUpload.Infrastructure.Database;
using Npgsql;

namespace ChunkUpload.Tests.Unit.Database;

public sealed class ConnectionSettingsTests
{
    [Theory]
    [InlineData("Host=a;Database=x", null, 10, 15, false)]
    [InlineData("Host=a,b:5433;Database=x", "primary", 1, 5, true)]
    [InlineData("Host=/run/a,/run/b;Database=x", "primary", 1, 5, false)]
    [InlineData(
        "Host=a,b;Target Session Attributes=read-write;Host Recheck Seconds=7;Timeout=9;TCP Keepalive=false", "read-write", 7, 9, false)]
    public void Several_servers_are_asked_for_the_primary_often(string given, string? attributes, int recheck, int timeout, bool keepsAlive)
    {
        var text = ConnectionSettings.Parse(given, new DatabaseOptions());

        Assert.Equal(
            (attributes, recheck, timeout, keepsAlive),
            (text.TargetSessionAttributes, text.HostRecheckSeconds, text.Timeout, text.TcpKeepAlive));
        // What is derived from it finds the primary, too.
        var single = new NpgsqlConnectionStringBuilder(ConnectionSettings.OfSingle(text.ConnectionString));
        Assert.Equal(attributes, single.TargetSessionAttributes);
    }
}
