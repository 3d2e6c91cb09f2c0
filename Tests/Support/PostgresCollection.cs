namespace ChunkUpload.Tests.Support;

/// <summary>
/// Classes of this collection share the run's cluster and run one after the other. A class that may run beside others uses the fixture
/// directly.
/// </summary>
[CollectionDefinition(Name)]
public sealed class PostgresCollection : ICollectionFixture<PostgresFixture>
{
    public const string Name = "PostgreSQL";
}
