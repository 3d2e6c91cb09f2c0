using System.Globalization;
using ChunkUpload.Core.Hosting;

namespace ChunkUpload.Infrastructure.Database.Embedded;

/// <summary>Checks the cluster's major version: only programs of the same major version can run it.</summary>
internal static class ClusterVersion
{
    public static int Of(string cluster)
    {
        var text = File.ReadAllText(Path.Combine(cluster, "PG_VERSION")).Trim();
        return int.TryParse(text.Split('.')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var major)
            ? major
            : throw new StartRefusedException(
                $"The file PG_VERSION in the ledger's cluster {cluster} is not readable: bring the cluster back from a backup.");
    }

    public static void Check(string cluster, int major, PostgresPrograms programs)
    {
        if (major != programs.Major)
            throw new StartRefusedException($"The ledger's cluster {cluster} was made by PostgreSQL {major}, and the programs in "
                + $"{programs.Directory} are version {programs.Major}: install PostgreSQL {major} beside them (the package "
                    + $"postgresql-{major}, if this system has it), or restore a backup that was made with version {major} into an empty "
                    + "data directory.");
        if (major < PostgresPrograms.OldestMajor)
            throw new StartRefusedException($"The ledger's cluster {cluster} was made by PostgreSQL {major}, and ChunkUpload needs "
                + $"{PostgresPrograms.OldestMajor} or newer: move it to a newer version with pg_upgrade.");
    }
}
