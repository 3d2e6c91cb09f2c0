using Xunit.Abstractions;

[assembly: TestCollectionOrderer("ChunkUpload.Tests.Support.SharedFirst", "ChunkUpload.Tests")]

namespace ChunkUpload.Tests.Support;

/// <summary>
/// Begins with the collections of several classes: their tests run one after the other, and begun last they would run on alone at the end.
/// </summary>
public sealed class SharedFirst : ITestCollectionOrderer
{
    public IEnumerable<ITestCollection> OrderTestCollections(IEnumerable<ITestCollection> testCollections) =>
        testCollections.OrderBy(one => one.CollectionDefinition is null);
}
