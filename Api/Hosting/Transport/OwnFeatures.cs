using System.Collections;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;

namespace ChunkUpload.Api.Hosting.Transport;

/// <summary>What a connection is by itself, without a dictionary of it for each of thousands.</summary>
internal sealed class OwnFeatures(SocketConnection connection, BodyArrival arrival) : IFeatureCollection
{
    private static readonly Type[] OfConnection =
    [
        typeof(IMemoryPoolFeature), typeof(IConnectionIdFeature), typeof(IConnectionItemsFeature), typeof(IConnectionTransportFeature),
        typeof(IConnectionLifetimeFeature), typeof(IConnectionEndPointFeature), typeof(IConnectionSocketFeature),
    ];

    public bool IsReadOnly => true;

    public int Revision => 0;

    public object? this[Type key]
    {
        get => key == typeof(BodyArrival) ? arrival : Array.IndexOf(OfConnection, key) >= 0 ? connection : null;
        set => throw new NotSupportedException();
    }

    public TFeature? Get<TFeature>() => (TFeature?)this[typeof(TFeature)];

    public void Set<TFeature>(TFeature? instance) => throw new NotSupportedException();

    public IEnumerator<KeyValuePair<Type, object>> GetEnumerator() =>
        OfConnection.Select(type => KeyValuePair.Create<Type, object>(type, connection)).Append(new(typeof(BodyArrival), arrival)).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
